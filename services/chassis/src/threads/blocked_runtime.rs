//! Right here, on a thread of the runtime: whoever is next in its queue waits until it is done.

use super::Undone;

pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Undone> {
    Ok(work())
}
