-- Customers. Reviews name them as authors.
CREATE TABLE users (
    id    BIGINT PRIMARY KEY,
    email TEXT NOT NULL,
    name  TEXT NOT NULL
);

-- Who is signed in. The token is what a client sends as its bearer token.
CREATE TABLE sessions (
    token         TEXT PRIMARY KEY,
    user_id       BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
