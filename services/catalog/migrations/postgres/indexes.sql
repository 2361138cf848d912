-- Searching looks terms up as they are stored; the products of one term are next to each other, in order.
CREATE UNIQUE INDEX product_terms_term ON product_terms (term, product_id);

-- The reviews of a product.
CREATE INDEX reviews_product ON reviews (product_id, id);

-- Checked for all rows at once, which is much faster than one by one while they are loaded.
ALTER TABLE product_terms ADD FOREIGN KEY (product_id) REFERENCES products (id);
ALTER TABLE reviews ADD FOREIGN KEY (product_id) REFERENCES products (id);
