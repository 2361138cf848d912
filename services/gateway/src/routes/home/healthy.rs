//! All three are asked at the same time: the page takes as long as the slowest of them.

use chassis::client::CallError;

use super::{Parts, Sources};

pub(super) async fn fetch(sources: &Sources<'_>) -> Result<Parts, CallError> {
    tokio::try_join!(sources.featured(), sources.availability(), sources.visitor())
}
