//! Terms are stored in lower case and looked up in lower case, so that the index on terms leads to the products.

use chassis::database::{Database, DatabaseError, Statement};

use super::{Candidate, MAX_CANDIDATES};

pub(super) static FIND: Statement = Statement::new(
    "SELECT product_terms",
    "SELECT id, name, description, price_cents FROM products
     WHERE id IN (SELECT product_id FROM product_terms
                  WHERE term IN ({list})
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
