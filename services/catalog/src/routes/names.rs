//! `GET /products/names?ids=3,1,4`: what products are called, for whoever lists what was bought.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{DatabaseError, Row, Statement};
use chassis::extract::{Ids, Query};
use serde::Serialize;

use crate::State;
use crate::error::Error;

static FIND_NAMES: Statement = Statement::new(
    "SELECT products",
    "SELECT id, name FROM products WHERE id IN ({list})",
);

/// The names of those of the products asked for that there are.
#[derive(Debug, Serialize)]
pub struct Names {
    products: Vec<Named>,
}

#[derive(Debug, Serialize)]
struct Named {
    id: i64,
    name: String,
}

impl Named {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
        })
    }
}

pub async fn names(
    Shared(state): Shared<State>,
    Query(Ids(products)): Query<Ids>,
) -> Result<Json<Names>, Error> {
    let query = state.database.query(&FIND_NAMES).bind_list(&products);
    let rows = query.fetch_all().await?;
    let products = rows.iter().map(Named::from_row).collect::<Result<_, _>>()?;
    Ok(Json(Names { products }))
}
