//! One is asked after the other: the page takes as long as all of them together.

use chassis::client::CallError;

use super::{Parts, Sources};

pub(super) async fn fetch(sources: &Sources<'_>) -> Result<Parts, CallError> {
    let products = sources.featured().await?;
    let available = sources.availability().await?;
    let visitor = sources.visitor().await?;
    Ok((products, available, visitor))
}
