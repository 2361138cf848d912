-- Signing in looks a user up by address.
CREATE UNIQUE INDEX users_email ON users (email);

-- Checked for all rows at once, which is much faster than one by one while they are loaded.
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users (id);
