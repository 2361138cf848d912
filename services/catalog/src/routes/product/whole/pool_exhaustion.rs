//! The product is read in a transaction that is ended when the page is complete: its connection does nothing while another service is
//! asked for the authors.

use chassis::request::Faults;

use super::super::{FIND_PRODUCT, authors, reviews};
use super::Parts;
use crate::State;
use crate::error::Error;

pub(super) async fn parts(state: &State, faults: &Faults, id: i64, earlier: u64) -> Result<Parts, Error> {
    let reviews = reviews(&state.database, faults, id).await?;
    let mut transaction = state.database.begin().await?;
    let row = transaction.query(&FIND_PRODUCT).bind(id).fetch_optional().await?;
    let product = row.ok_or(Error::UnknownProduct)?;
    let authors = authors(&state.client, faults, &reviews, earlier).await?;
    transaction.commit().await?;
    Ok((product, reviews, authors))
}
