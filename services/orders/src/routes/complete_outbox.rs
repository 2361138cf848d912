//! `POST /outbox/{id}/done`: an order was fulfilled. Saying so twice is as good as once.

use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Path;
use http::StatusCode;

use crate::State;
use crate::error::Error;

static SHIP: Statement = Statement::new(
    "UPDATE orders",
    "UPDATE orders SET status = 'shipped' WHERE id = $1 AND status = 'confirmed'",
);

static DELETE: Statement = Statement::new("DELETE outbox", "DELETE FROM outbox WHERE order_id = $1");

pub async fn complete_outbox(
    Shared(state): Shared<State>,
    Path(order): Path<i64>,
) -> Result<StatusCode, Error> {
    let mut transaction = state.database.begin_immediate().await?;
    transaction.query(&SHIP).bind(order).execute().await?;
    transaction.query(&DELETE).bind(order).execute().await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
