CREATE TABLE products (
    id          BIGINT PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    price_cents BIGINT NOT NULL
);

-- Which words of name and description find which product. Terms are stored in lower case.
CREATE TABLE product_terms (
    term       TEXT NOT NULL,
    product_id BIGINT NOT NULL
);

-- The author is a user of the users service.
CREATE TABLE reviews (
    id         BIGINT PRIMARY KEY,
    product_id BIGINT NOT NULL,
    author_id  BIGINT NOT NULL,
    rating     BIGINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text       TEXT NOT NULL
);
