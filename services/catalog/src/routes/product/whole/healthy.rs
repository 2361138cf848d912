//! Each statement has a connection for as long as it takes, and the authors are asked for without one.

use chassis::request::Faults;

use super::super::{FIND_PRODUCT, authors, reviews};
use super::Parts;
use crate::State;
use crate::error::Error;

pub(super) async fn parts(state: &State, faults: &Faults, id: i64, earlier: u64) -> Result<Parts, Error> {
    let row = state
        .database
        .query(&FIND_PRODUCT)
        .bind(id)
        .fetch_optional()
        .await?;
    let product = row.ok_or(Error::UnknownProduct)?;
    let reviews = reviews(&state.database, faults, id).await?;
    let authors = authors(&state.client, faults, &reviews, earlier).await?;
    Ok((product, reviews, authors))
}
