//! Takes the products out of stock one by one, as they lie in the basket, and pays after the first. Two orders of the same
//! products, put into the basket the other way round, have each what the other one needs next.

use std::sync::Arc;

use chassis::request::uninterrupted;
use chassis::span::current_span_context;
use opentelemetry::trace::SpanId;

use super::Placed;
use crate::State;
use crate::checkout::{Checkout, look, pay, settle, take_one, write_down};
use crate::error::Error;

pub(super) async fn place(
    state: &State,
    checkout: &Arc<Checkout>,
    basket: Vec<i64>,
) -> Result<Placed, Error> {
    let mut transaction = state.database.begin().await?;
    look(&mut transaction, checkout).await?;
    let Some(order) = write_down(&state.database, &mut transaction, checkout).await? else {
        return Ok(Placed::Before);
    };

    let (state, checkout) = (state.clone(), checkout.clone());
    uninterrupted(async move {
        let mut basket = basket.into_iter();
        if let Some(first) = basket.next() {
            take_one(&mut transaction, order, first).await?;
        }
        let here = current_span_context().map_or(SpanId::INVALID, |span| span.span_id());
        checkout.watch.acquired(here);
        let payment = pay(&state, &checkout).await?;
        for product in basket {
            take_one(&mut transaction, order, product).await?;
        }
        settle(&state.database, &mut transaction, order, payment).await?;
        transaction.commit().await?;
        Ok(Placed::Now(order, payment))
    })
    .await
}
