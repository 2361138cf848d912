//! On a thread of its own: those of the runtime go on serving others.

use super::Undone;

pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Undone> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Undone)
}
