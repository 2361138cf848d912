//! The database returns all products, and the page is cut out of them here.

use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Page;

use super::ListedProduct;

static LIST_PRODUCTS: Statement = Statement::new(
    "SELECT products",
    "SELECT id, name, price_cents FROM products ORDER BY id",
);

/// And how many rows were read.
pub(super) async fn page_of_products(
    database: &Database,
    page: Page,
) -> Result<(Vec<ListedProduct>, usize), DatabaseError> {
    let rows = database.query(&LIST_PRODUCTS).fetch_all().await?;
    let mut products: Vec<ListedProduct> = rows
        .iter()
        .map(ListedProduct::from_row)
        .collect::<Result<_, _>>()?;
    let first = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    products.drain(..first.min(products.len()));
    products.truncate(page.size as usize);
    Ok((products, rows.len()))
}
