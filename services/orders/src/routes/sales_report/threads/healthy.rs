//! On a thread of its own: those of the runtime go on serving others.

use crate::error::Error;

pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::NoReport)
}
