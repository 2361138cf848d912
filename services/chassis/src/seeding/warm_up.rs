//! Loading rows before the first request is answered, so that it finds them in memory.

use futures_util::future::BoxFuture;

use crate::database::{Database, DatabaseError, Statement};
use crate::failure::Failure;
use crate::service::Service;
use crate::shutdown::Shutdown;
use crate::span;

/// Loads as many rows as the service's options say, one after another, with `one_row`, which finds a row by its number. There are
/// `count` of them, numbered from 1; who loads more begins again.
///
/// # Errors
///
/// When the database cannot be reached or fails.
pub fn warm_up<'a>(
    service: &'a Service,
    database: &'a Database,
    one_row: &'static Statement,
    count: u32,
) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move {
        let rows = service.options.warm_up;
        if rows == 0 {
            return Ok(());
        }
        database.connect().await?;
        let load = load(database, one_row, rows, count, &service.shutdown);
        let loaded = span::internal("warm up").as_root().run(load).await;
        loaded.map_err(|error| Failure::not_carried_out(format!("warming up: {error}")))
    })
}

async fn load(
    database: &Database,
    one_row: &'static Statement,
    rows: u64,
    count: u32,
    shutdown: &Shutdown,
) -> Result<(), DatabaseError> {
    for row in 0..rows {
        if shutdown.is_requested() {
            break;
        }
        let number = 1 + row % u64::from(count.max(1));
        let query = database.query(one_row);
        query
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .fetch_optional()
            .await?;
    }
    Ok(())
}
