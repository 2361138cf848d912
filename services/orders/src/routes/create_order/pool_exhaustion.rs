//! Reserves the stock and commits, and takes the connection for what comes after the payment before it pays: no lock is held, and a
//! connection of the few there are does nothing for as long as the payment takes.

use std::sync::Arc;

use chassis::request::uninterrupted;

use super::Placed;
use crate::State;
use crate::checkout::{Checkout, begin, pay, reserve, settle};
use crate::error::Error;

pub(super) async fn place(state: &State, checkout: &Arc<Checkout>) -> Result<Placed, Error> {
    let mut transaction = begin(&state.database, checkout).await?;
    let Some(order) = reserve(&state.database, &mut transaction, checkout).await? else {
        return Ok(Placed::Before);
    };
    transaction.commit().await?;

    let (state, checkout) = (state.clone(), checkout.clone());
    uninterrupted(async move {
        let mut transaction = state.database.begin().await?;
        let payment = pay(&state, &checkout).await?;
        settle(&state.database, &mut transaction, order, payment).await?;
        transaction.commit().await?;
        Ok(Placed::Now(order, payment))
    })
    .await
}
