//! How many orders are on their way to fulfilment, and for how long the oldest has been.

use std::time::Duration;

use chassis::database::{Database, DatabaseError, Statement};
use chassis::shutdown::Shutdown;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use serde::Serialize;

use crate::clock::now_us;

/// The pause between two measurements for the metrics.
const PAUSE: Duration = Duration::from_secs(1);

static MEASURE: Statement = Statement::new(
    "SELECT outbox",
    "SELECT COUNT(*) AS pending, MIN(enqueued_at_us) AS oldest FROM outbox",
);

/// What is in the outbox.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Backlog {
    /// How many orders.
    pub pending: i64,
    /// How old the oldest is.
    pub oldest_age_ms: i64,
}

/// Measures the outbox, and leaves no trace of it.
///
/// # Errors
///
/// The database's.
pub async fn measure(database: &Database) -> Result<Backlog, DatabaseError> {
    let unseen = Context::current().with_telemetry_suppressed();
    let row = database.query(&MEASURE).fetch_one().with_context(unseen).await?;
    let oldest: Option<i64> = row.get("oldest")?;
    Ok(Backlog {
        pending: row.get("pending")?,
        oldest_age_ms: oldest.map_or(0, |oldest| (now_us() - oldest).max(0) / 1000),
    })
}

/// Tells the length and the age of the queue as metrics until the service must go.
pub async fn report(database: Database, shutdown: Shutdown) {
    let meter = opentelemetry::global::meter("orders");
    let length = meter
        .i64_gauge("orders.outbox.length")
        .with_description("Orders on their way to fulfilment")
        .with_unit("{order}")
        .build();
    let age = meter
        .f64_gauge("orders.outbox.age")
        .with_description("How long the oldest of them has been")
        .with_unit("s")
        .build();
    while shutdown.unless(tokio::time::sleep(PAUSE)).await.is_some() {
        // A database that does not answer is told of by those who need it.
        if let Ok(backlog) = measure(&database).await {
            length.record(backlog.pending, &[]);
            age.record(backlog.oldest_age_ms as f64 / 1000.0, &[]);
        }
    }
}
