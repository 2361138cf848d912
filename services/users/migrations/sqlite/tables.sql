-- Customers. Reviews name them as authors.
CREATE TABLE users (
    id    INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    name  TEXT NOT NULL
);

-- Who is signed in. The token is what a client sends as its bearer token.
CREATE TABLE sessions (
    token         TEXT PRIMARY KEY,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    created_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
