//! The steps of placing an order.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Instant;

use chassis::client::{CallError, Client};
use chassis::database::{Database, DatabaseError, Row, System, Transaction};
use chassis::span;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::SpanId;
use serde::Deserialize;

use super::statements::{
    CONFIRM_ORDER, CREATE_ITEMS, CREATE_ORDER, CREATE_RESERVATION, END_RESERVATION, ENQUEUE, FIND_ITEMS,
    LOCK_STOCK, LOOK_AT_STOCK, REFUSE_ORDER, RETURN_STOCK, TAKE_ONE, TAKE_STOCK,
};
use super::{Checkout, Item};
use crate::clock::now_us;
use crate::error::Error;

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payment {
    /// The user was charged.
    Paid,
    /// The user was not charged.
    Declined,
    /// The user was not charged and never will be: the sweeper has given the order up.
    Void,
}

/// Begins a transaction that writes; in SQLite, this is where its lock is waited for.
///
/// # Errors
///
/// The database's.
pub async fn begin(database: &Database, checkout: &Checkout) -> Result<Transaction, DatabaseError> {
    let asked = Instant::now();
    let result = database.begin_immediate().await;
    if database.system() == System::Sqlite {
        let span = result
            .as_ref()
            .map_or_else(|_| current_span(), Transaction::begin_span);
        checkout.watch.waited(asked, span);
        if result.is_ok() {
            checkout.watch.acquired(span);
        }
    }
    result
}

/// Writes the order down as pending and takes what it needs out of stock. Returns the order's number; none if the user has placed
/// an order under the same key before, and then the transaction has changed nothing.
///
/// # Errors
///
/// [`Error::SoldOut`] when there is not enough; the transaction must be rolled back.
pub async fn reserve(
    database: &Database,
    transaction: &mut Transaction,
    checkout: &Checkout,
) -> Result<Option<i64>, Error> {
    let Some(order) = write_down(database, transaction, checkout).await? else {
        return Ok(None);
    };
    lock_stock(database, transaction, checkout).await?;
    transaction.query(&TAKE_STOCK).bind(order).execute().await?;
    Ok(Some(order))
}

/// Writes the order down as pending. Returns its number; none if the user has placed an order under the same key before.
///
/// # Errors
///
/// The database's.
pub async fn write_down(
    database: &Database,
    transaction: &mut Transaction,
    checkout: &Checkout,
) -> Result<Option<i64>, DatabaseError> {
    let created = transaction
        .query(&CREATE_ORDER)
        .bind(checkout.user)
        .bind(checkout.placed_at_ms)
        .bind(checkout.total_cents())
        .bind(checkout.key.as_str())
        .fetch_optional()
        .await?;
    let Some(created) = created else { return Ok(None) };
    let order: i64 = created.get("id")?;
    let system = database.system();
    let items = serde_json::json!(checkout.items).to_string();
    transaction
        .query(CREATE_ITEMS.on(system))
        .bind(order)
        .bind(items)
        .execute()
        .await?;
    transaction
        .query(&CREATE_RESERVATION)
        .bind(order)
        .bind(checkout.expires_at_ms)
        .bind(checkout.trace_context.clone())
        .bind(checkout.baggage.clone())
        .execute()
        .await?;
    Ok(Some(order))
}

/// Looks whether there is enough of everything, and locks nothing.
///
/// # Errors
///
/// [`Error::SoldOut`] when there is not.
pub async fn look(transaction: &mut Transaction, checkout: &Checkout) -> Result<(), Error> {
    let query = transaction.query(&LOOK_AT_STOCK).bind_list(&checkout.products());
    enough(&query.fetch_all().await?, checkout)
}

/// Takes what the order needs of one product out of stock, and has its row locked from then on.
///
/// # Errors
///
/// [`Error::SoldOut`] when there is not enough.
pub async fn take_one(transaction: &mut Transaction, order: i64, product: i64) -> Result<(), Error> {
    let query = transaction.query(&TAKE_ONE).bind(order).bind(product);
    match query.execute().await? {
        0 => Err(Error::SoldOut(product)),
        _ => Ok(()),
    }
}

/// Locks the rows of the products, in PostgreSQL, and sees that there is enough of each.
async fn lock_stock(
    database: &Database,
    transaction: &mut Transaction,
    checkout: &Checkout,
) -> Result<(), Error> {
    let products = checkout.products();
    let rows = match database.system() {
        System::Sqlite => stock(database, transaction, &products).await?,
        System::Postgres => {
            let span = span::internal("lock stock").start();
            let asked = Instant::now();
            let rows = stock(database, transaction, &products)
                .with_context(span.context().clone())
                .await;
            checkout.watch.waited(asked, span.span_id());
            if rows.is_ok() {
                checkout.watch.acquired(span.span_id());
            }
            rows?
        }
    };
    enough(&rows, checkout)
}

/// Whether there is enough of everything.
fn enough(rows: &[Row], checkout: &Checkout) -> Result<(), Error> {
    let mut available = HashMap::new();
    for row in rows {
        available.insert(row.get::<i64>("product_id")?, row.get::<i64>("available")?);
    }
    for Item {
        product_id, quantity, ..
    } in &checkout.items
    {
        if available
            .get(product_id)
            .is_none_or(|available| available < quantity)
        {
            return Err(Error::SoldOut(*product_id));
        }
    }
    Ok(())
}

async fn stock(
    database: &Database,
    transaction: &mut Transaction,
    products: &[i64],
) -> Result<Vec<Row>, DatabaseError> {
    transaction
        .query(LOCK_STOCK.on(database.system()))
        .bind_list(products)
        .fetch_all()
        .await
}

/// Whether the payment was made; if it was not, it never will be.
///
/// # Errors
///
/// When there is no answer.
pub async fn pay_or_void(client: &Client, user: i64, key: &str) -> Result<Payment, CallError> {
    let path = format!("/payments/{}/void", payment_key(user, key));
    let answer = client
        .post("payments", "/payments/{key}/void", path)
        .send()
        .await?;
    Ok(answer.json::<Decision>()?.status)
}

/// What the provider says of a payment.
#[derive(Deserialize)]
pub(super) struct Decision {
    pub(super) status: Payment,
}

/// Confirms the order and hands it to fulfilment, or refuses it and puts its stock back. Changes nothing when somebody else
/// has done so before.
///
/// # Errors
///
/// The database's.
pub async fn settle(
    database: &Database,
    transaction: &mut Transaction,
    order: i64,
    payment: Payment,
) -> Result<(), DatabaseError> {
    let statement = match payment {
        Payment::Paid => &CONFIRM_ORDER,
        Payment::Declined | Payment::Void => &REFUSE_ORDER,
    };
    if transaction.query(statement).bind(order).execute().await? == 0 {
        return Ok(());
    }
    match payment {
        Payment::Paid => {
            transaction
                .query(&ENQUEUE)
                .bind(order)
                .bind(now_us())
                .execute()
                .await?;
        }
        Payment::Declined | Payment::Void => {
            let items = transaction.query(&FIND_ITEMS).bind(order).fetch_all().await?;
            let mut products = Vec::with_capacity(items.len());
            for row in items {
                products.push(row.get::<i64>("product_id")?);
            }
            stock(database, transaction, &products).await?;
            transaction.query(&RETURN_STOCK).bind(order).execute().await?;
        }
    }
    transaction.query(&END_RESERVATION).bind(order).execute().await?;
    Ok(())
}

/// Two users may use the same key; the payment provider knows only us. What must not stand in a path is encoded.
pub(super) fn payment_key(user: i64, key: &str) -> String {
    let mut encoded = format!("{user}.");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "~{byte:02x}");
        }
    }
    encoded
}

fn current_span() -> SpanId {
    span::current_span_context().map_or(SpanId::INVALID, |span| span.span_id())
}
