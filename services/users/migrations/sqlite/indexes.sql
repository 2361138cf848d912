-- Signing in looks a user up by address.
CREATE UNIQUE INDEX users_email ON users (email);
