//! Which reviews a product has, and then each of them, one query a review.

use chassis::database::{Database, DatabaseError, Statement};

use super::Review;

static FIND_REVIEW_IDS: Statement = Statement::new(
    "SELECT reviews",
    "SELECT id FROM reviews WHERE product_id = $1 ORDER BY id",
);

static FIND_REVIEW: Statement = Statement::new(
    "SELECT reviews",
    "SELECT id, author_id, rating, text FROM reviews WHERE id = $1",
);

pub(super) async fn reviews(database: &Database, product: i64) -> Result<Vec<Review>, DatabaseError> {
    let mut reviews = Vec::new();
    for row in database.query(&FIND_REVIEW_IDS).bind(product).fetch_all().await? {
        let id: i64 = row.get("id")?;
        let review = database.query(&FIND_REVIEW).bind(id).fetch_one().await?;
        reviews.push(Review::from_row(&review)?);
    }
    Ok(reviews)
}
