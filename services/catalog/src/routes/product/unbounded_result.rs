//! Reads the reviews, all there are, and keeps those of this product.

use chassis::database::{Database, DatabaseError, Statement};

use super::Review;

static FIND_REVIEWS: Statement = Statement::new(
    "SELECT reviews",
    "SELECT id, product_id, author_id, rating, text FROM reviews ORDER BY id",
);

/// And how many rows were read.
pub(super) async fn reviews(
    database: &Database,
    product: i64,
) -> Result<(Vec<Review>, usize), DatabaseError> {
    let rows = database.query(&FIND_REVIEWS).fetch_all().await?;
    let mut reviews = Vec::new();
    for row in &rows {
        let review = Review::from_row(row)?;
        if row.get::<i64>("product_id")? == product {
            reviews.push(review);
        }
    }
    Ok((reviews, rows.len()))
}
