//! All reviews of a product in one query.

use chassis::database::{Database, DatabaseError, Statement};

use super::Review;

static FIND_REVIEWS: Statement = Statement::new(
    "SELECT reviews",
    "SELECT id, author_id, rating, text FROM reviews WHERE product_id = $1 ORDER BY id",
);

pub(super) async fn reviews(database: &Database, product: i64) -> Result<Vec<Review>, DatabaseError> {
    let rows = database.query(&FIND_REVIEWS).bind(product).fetch_all().await?;
    rows.iter().map(Review::from_row).collect()
}
