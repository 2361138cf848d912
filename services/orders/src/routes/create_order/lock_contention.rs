//! Reserves the stock, pays and commits, all in one transaction: the lock is held for as long as the payment takes, and everybody
//! who orders meanwhile waits for it.

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

    let (state, checkout) = (state.clone(), checkout.clone());
    uninterrupted(async move {
        let payment = pay(&state, &checkout).await?;
        settle(&state.database, &mut transaction, order, payment).await?;
        transaction.commit().await?;
        Ok(Placed::Now(order, payment))
    })
    .await
}
