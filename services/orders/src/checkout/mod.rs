//! Placing an order, in steps that both ways of doing it share.
//!
//! An order is correct whoever dies at whatever point, because each step leaves a state that somebody goes on from:
//!
//! | what is there | who goes on |
//! |---|---|
//! | nothing | nobody; the client may try again |
//! | the order `pending`, its stock reserved | this request, another one with the same key, or the sweeper once the reservation expires |
//! | the payment, under the order's key | the same three: paying again under a key gives the first answer |
//! | the order `confirmed`, its outbox row | fulfilment |
//! | the order `refused`, its stock back | nobody |
//!
//! Whoever comes second to a step finds that it changes nothing.

mod pay;
mod statements;
mod steps;

use chassis::database::{Database, DatabaseError};
use serde::Serialize;

use crate::error::Error;
use crate::locks::Watch;

pub(crate) use statements::FIND_ORDER as ONE_ORDER;

pub use pay::{Provider, pay};
pub use steps::{Payment, begin, look, pay_or_void, reserve, settle, take_one, write_down};

/// The most items of one order.
pub const MAX_LINES: usize = 20;

/// The most of one product in one order.
pub const MAX_QUANTITY: i64 = 100;

/// An order to be placed: checked, priced, with its products in ascending order and each once. So all take their locks in the
/// same order, and nobody waits in a circle.
#[derive(Debug)]
pub struct Checkout {
    /// Whose order.
    pub user: i64,
    /// What the user calls it.
    pub key: String,
    /// Milliseconds since the epoch.
    pub placed_at_ms: i64,
    /// From when on the stock is no longer reserved for it, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// What is ordered.
    pub items: Vec<Item>,
    /// The span to which whoever fulfils the order links, as `traceparent` writes it.
    pub trace_context: Option<String>,
    /// The baggage that travels with the order.
    pub baggage: Option<String>,
    /// Who waits for whom.
    pub watch: Watch,
}

/// A position of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What.
    pub product_id: i64,
    /// How many.
    pub quantity: i64,
    /// The price of one.
    pub price_cents: i64,
}

/// An order as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// Milliseconds since the epoch.
    pub placed_at_ms: i64,
    /// `pending`, `confirmed`, `shipped`, `refused`, `cancelled`.
    pub status: String,
    /// What all items cost together.
    pub total_cents: i64,
    /// By position.
    pub items: Vec<Item>,
}

impl Checkout {
    /// What all items cost together.
    #[must_use]
    pub fn total_cents(&self) -> i64 {
        self.items
            .iter()
            .map(|item| item.quantity * item.price_cents)
            .sum()
    }

    /// What is ordered, in ascending order.
    #[must_use]
    pub fn products(&self) -> Vec<i64> {
        self.items.iter().map(|item| item.product_id).collect()
    }

    /// The order, once it is paid.
    #[must_use]
    pub fn confirmed(&self, id: i64) -> Order {
        Order {
            id,
            user_id: self.user,
            placed_at_ms: self.placed_at_ms,
            status: "confirmed".to_owned(),
            total_cents: self.total_cents(),
            items: self.items.clone(),
        }
    }
}

/// The order of that number, with its items.
///
/// # Errors
///
/// [`Error::UnknownOrder`], or the database's.
pub async fn order(database: &Database, id: i64) -> Result<Order, Error> {
    let row = database
        .query(&statements::FIND_ORDER)
        .bind(id)
        .fetch_optional()
        .await?;
    let row = row.ok_or(Error::UnknownOrder)?;
    let items = database
        .query(&statements::FIND_ITEMS)
        .bind(id)
        .fetch_all()
        .await?;
    let items = items.iter().map(|row| {
        Ok(Item {
            product_id: row.get("product_id")?,
            quantity: row.get("quantity")?,
            price_cents: row.get("price_cents")?,
        })
    });
    Ok(Order {
        id,
        user_id: row.get("user_id")?,
        placed_at_ms: row.get("placed_at_ms")?,
        status: row.get("status")?,
        total_cents: row.get("total_cents")?,
        items: items.collect::<Result<_, DatabaseError>>()?,
    })
}

/// The number of the order that the user has placed under that key, if there is one.
///
/// # Errors
///
/// The database's.
pub async fn placed_under(database: &Database, user: i64, key: &str) -> Result<Option<i64>, DatabaseError> {
    let row = database
        .query(&statements::FIND_BY_KEY)
        .bind(user)
        .bind(key)
        .fetch_optional()
        .await?;
    row.map(|row| row.get("id")).transpose()
}
