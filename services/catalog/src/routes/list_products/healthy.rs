//! The database returns the page and nothing else.

use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Page;

use super::ListedProduct;

static LIST_PRODUCTS: Statement = Statement::new(
    "SELECT products",
    "SELECT id, name, price_cents FROM products ORDER BY id LIMIT $1 OFFSET $2",
);

pub(super) async fn page_of_products(
    database: &Database,
    page: Page,
) -> Result<Vec<ListedProduct>, DatabaseError> {
    let query = database.query(&LIST_PRODUCTS).bind(page.size).bind(page.offset());
    query
        .fetch_all()
        .await?
        .iter()
        .map(ListedProduct::from_row)
        .collect()
}
