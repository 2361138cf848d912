CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    price_cents INTEGER NOT NULL
);

-- Which words of name and description find which product. Terms are stored in lower case.
CREATE TABLE product_terms (
    term       TEXT NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id)
);

-- The author is a user of the users service.
CREATE TABLE reviews (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    author_id  INTEGER NOT NULL,
    rating     INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text       TEXT NOT NULL
);
