//! `POST /orders`: places an order. What it takes is in stock when it is paid, and under one `Idempotency-Key` a user places
//! one order, however often this is sent.

mod deadlock;
mod healthy;
mod lock_contention;
mod pool_exhaustion;
mod request;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::extract::{Json, join_ids};
use chassis::request::{Faults, Scope, uninterrupted};
use chassis::strike::Strike;
use chassis::telemetry::instrumentation::stored_along;
use faults::catalogue::{DEADLOCK, LOCK_CONTENTION, POOL_EXHAUSTION};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::State;
use crate::checkout::{self, Checkout, Item, Order, Payment, begin, pay, placed_under, settle};
use crate::clock::now_ms;
use crate::error::Error;
use crate::locks::{OPERATION, Watch};
use request::{Line, Request, idempotency_key};

/// Where connections are kept.
const PLACE_ORDER: &str = "orders.place-order";

/// How an order was placed.
enum Placed {
    /// By this request, which has paid or tried to.
    Now(i64, Payment),
    /// By another one with the same key.
    Before,
}

pub async fn create_order(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<(StatusCode, Body<Order>), Error> {
    let key = idempotency_key(&headers)?;
    let lines = request.lines()?;
    if let Some(order) = placed_under(&state.database, request.user_id, &key).await? {
        return finish(&state, &faults, order, &lines, key).await;
    }
    let ((), items) = tokio::try_join!(known_user(&state, request.user_id), priced(&state, &lines))?;
    let checkout = Arc::new(new_checkout(&state, &faults, request.user_id, key.clone(), items));
    let exhausts = faults.find(POOL_EXHAUSTION.name, PLACE_ORDER).is_some();
    // The transactions of the first two keep a connection across the payment as well.
    let holding = exhausts.then(|| state.database.holding(POOL_EXHAUSTION.name, PLACE_ORDER));
    let placed = if faults.find(LOCK_CONTENTION.name, OPERATION).is_some() {
        lock_contention::place(&state, &checkout).await
    } else if faults.find(DEADLOCK.name, OPERATION).is_some() {
        let _strike = Strike::timed(DEADLOCK.name, OPERATION);
        deadlock::place(&state, &checkout, request.basket()).await
    } else if exhausts {
        pool_exhaustion::place(&state, &checkout).await
    } else {
        healthy::place(&state, &checkout).await
    };
    drop(holding);
    checkout.watch.released();
    match placed? {
        Placed::Now(order, Payment::Paid) => Ok((StatusCode::CREATED, Body(checkout.confirmed(order)))),
        Placed::Now(_, Payment::Declined | Payment::Void) => Err(Error::NotPaid),
        Placed::Before => {
            let order = placed_under(&state.database, request.user_id, &key).await?;
            finish(&state, &faults, order.ok_or(Error::UnknownOrder)?, &lines, key).await
        }
    }
}

fn new_checkout(state: &State, faults: &Faults, user: i64, key: String, items: Vec<Item>) -> Checkout {
    let products = items.iter().map(|item| item.product_id).collect();
    let holders = state.holders.clone();
    let watch = if faults.find(LOCK_CONTENTION.name, OPERATION).is_some() {
        Watch::of_culprit(holders, products)
    } else if faults.find(DEADLOCK.name, OPERATION).is_some() {
        Watch::of_holder(holders, products, DEADLOCK.name)
    } else {
        Watch::of_bystander(holders, products)
    };
    let placed_at_ms = now_ms();
    Checkout {
        user,
        key,
        placed_at_ms,
        expires_at_ms: placed_at_ms + i64::try_from(state.reservation.as_millis()).unwrap_or(i64::MAX / 2),
        items,
        trace_context: stored_along(),
        baggage: Scope::current().baggage().map(str::to_owned),
        watch,
    }
}

/// Answers with an order that was placed before under the same key. If it is still to be paid, because who placed it died or
/// has not come to it yet, this request pays: the provider charges once under a key, and the order is confirmed once.
async fn finish(
    state: &State,
    faults: &Faults,
    order: i64,
    lines: &[Line],
    key: String,
) -> Result<(StatusCode, Body<Order>), Error> {
    let mut order = checkout::order(&state.database, order).await?;
    let ordered = order.items.iter().map(|item| (item.product_id, item.quantity));
    if !ordered.eq(lines.iter().map(|line| (line.product_id, line.quantity))) {
        return Err(Error::KeyReused);
    }
    if order.status == "pending" {
        let checkout = new_checkout(state, faults, order.user_id, key, order.items.clone());
        let (state, id) = (state.clone(), order.id);
        let payment = uninterrupted(async move {
            let payment = pay(&state, &checkout).await?;
            let mut transaction = begin(&state.database, &checkout).await?;
            settle(&state.database, &mut transaction, id, payment).await?;
            transaction.commit().await?;
            Ok::<_, Error>(payment)
        });
        if payment.await? != Payment::Paid {
            return Err(Error::NotPaid);
        }
    }
    if order.status == "refused" {
        return Err(Error::NotPaid);
    }
    // The answer is that of the first time, also when the order has gone on since.
    "confirmed".clone_into(&mut order.status);
    Ok((StatusCode::CREATED, Body(order)))
}

/// Whether there is such a user.
async fn known_user(state: &State, user: i64) -> Result<(), Error> {
    match state
        .client
        .get("users", "/users/{id}", format!("/users/{user}"))
        .send()
        .await
    {
        Ok(_) => Ok(()),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Err(Error::UnknownUser(user)),
        Err(error) => Err(error.into()),
    }
}

/// What is ordered, at today's prices.
async fn priced(state: &State, lines: &[Line]) -> Result<Vec<Item>, Error> {
    #[derive(Deserialize)]
    struct Prices {
        prices: Vec<Price>,
    }

    #[derive(Deserialize)]
    struct Price {
        product_id: i64,
        price_cents: i64,
    }

    let ids: Vec<i64> = lines.iter().map(|line| line.product_id).collect();
    let path = format!("/products/prices?ids={}", join_ids(&ids));
    let answer = state
        .client
        .get("catalog", "/products/prices", path)
        .send()
        .await?;
    let prices = answer.json::<Prices>()?.prices;
    let prices: HashMap<i64, i64> = prices
        .into_iter()
        .map(|price| (price.product_id, price.price_cents))
        .collect();
    let items = lines.iter().map(|&Line { product_id, quantity }| {
        let price_cents = *prices.get(&product_id).ok_or(Error::UnknownProduct(product_id))?;
        Ok(Item {
            product_id,
            quantity,
            price_cents,
        })
    });
    items.collect()
}
