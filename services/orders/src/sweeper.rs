//! Settles the orders that nobody is settling any more: who reserved stock for them died, or gave up waiting for the payment.

use std::time::Duration;

use chassis::database::{Row, Statement};
use chassis::request::uninterrupted;
use chassis::shutdown::Shutdown;
use chassis::span;
use chassis::telemetry::propagation::parse_traceparent;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;

use crate::State;
use crate::checkout::{pay_or_void, settle};
use crate::clock::now_ms;
use crate::error::Error;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

static FIND_EXPIRED: Statement = Statement::new(
    "SELECT reservations",
    "SELECT orders.id, orders.user_id, orders.idempotency_key, reservations.trace_context
     FROM reservations JOIN orders ON orders.id = reservations.order_id
     WHERE reservations.expires_at_ms <= $1
     ORDER BY reservations.expires_at_ms LIMIT 20",
);

/// Sweeps until the service must go.
pub async fn run(state: State, shutdown: Shutdown) {
    while shutdown.unless(tokio::time::sleep(PAUSE)).await.is_some() {
        if let Err(error) = sweep(&state).await {
            tracing::warn!(%error, "expired reservations cannot be settled, which is tried again");
        }
    }
}

/// Settles what has expired by now. Returns how many orders that was.
///
/// # Errors
///
/// The first of the database or the payment provider; what is left is settled another time.
pub async fn sweep(state: &State) -> Result<usize, Error> {
    // Looking leaves no trace; settling does.
    let unseen = Context::current().with_telemetry_suppressed();
    let find = state.database.query(&FIND_EXPIRED).bind(now_ms()).fetch_all();
    let expired = find.with_context(unseen).await?;
    for row in &expired {
        settle_expired(state, row).await?;
    }
    Ok(expired.len())
}

async fn settle_expired(state: &State, row: &Row) -> Result<(), Error> {
    let (order, user): (i64, i64) = (row.get("id")?, row.get("user_id")?);
    let key: Option<String> = row.get("idempotency_key")?;
    let trace_context: Option<String> = row.get("trace_context")?;

    let mut span = span::internal("settle expired reservation").as_root();
    if let Some(checkout) = trace_context.as_deref().and_then(parse_traceparent) {
        span = span.with_link(checkout);
    }
    let state = state.clone();
    let settled = async move {
        // Before the stock goes back it must be certain that the payment will never be made, however late it is asked for.
        let payment = pay_or_void(&state.client, user, &key.unwrap_or_default()).await?;
        let mut transaction = state.database.begin_immediate().await?;
        settle(&state.database, &mut transaction, order, payment).await?;
        transaction.commit().await?;
        Ok(())
    };
    span.run(async { uninterrupted(settled).await }).await
}
