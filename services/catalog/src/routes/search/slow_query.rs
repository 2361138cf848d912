//! Terms are brought to lower case before they are compared, to find them however they were stored. The index is on `term`, not
//! on `lower(term)`: it cannot serve this, and the database reads every term of every product.

use chassis::database::{Database, DatabaseError, Statement};

use super::{Candidate, MAX_CANDIDATES};

pub(super) static FIND: Statement = Statement::new(
    "SELECT product_terms",
    "SELECT id, name, description, price_cents FROM products
     WHERE id IN (SELECT product_id FROM product_terms
                  WHERE lower(term) IN ({list})
                  GROUP BY product_id HAVING COUNT(*) = $1)
     ORDER BY id LIMIT $2",
);

pub(super) async fn find(database: &Database, words: &[String]) -> Result<Vec<Candidate>, DatabaseError> {
    let query = database
        .query(&FIND)
        .bind(words.len() as i64)
        .bind(MAX_CANDIDATES)
        .bind_list(words);
    query.fetch_all().await?.iter().map(Candidate::from_row).collect()
}
