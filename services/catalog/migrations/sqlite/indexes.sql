-- Searching looks terms up as they are stored; the products of one term are next to each other, in order.
CREATE UNIQUE INDEX product_terms_term ON product_terms (term, product_id);

-- The reviews of a product.
CREATE INDEX reviews_product ON reviews (product_id, id);
