//! The rows a shop starts with, as pure functions of the seed and the row number.
//!
//! Users, products and orders are numbered from 1. Whoever knows the seed and the scale knows every row without a database:
//! the services load these rows, the plan of a run picks its arguments from them, and both agree.

mod orders;
mod products;
mod reviews;
mod users;
mod vocabulary;

pub use orders::{Item, OPENED_MS, Order, order};
pub use products::{Product, price_cents, product};
pub use reviews::{Review, reviews};
pub use users::{User, token, user};
pub use vocabulary::search_word;

/// How many of each a shop has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Scale {
    /// Users, each with a session.
    pub users: u32,
    /// Products, each with its price, stock and reviews.
    pub products: u32,
    /// Orders placed before the run.
    pub orders: u32,
}
