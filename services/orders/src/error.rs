//! What this service answers when it cannot do what was asked.

use axum::response::{IntoResponse, Response};
use chassis::client::CallError;
use chassis::database::DatabaseError;
use chassis::problem::Problem;
use http::StatusCode;

use crate::checkout::{MAX_LINES, MAX_QUANTITY};
use crate::routes::MAX_ORDERS;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No order of that number.
    #[error("there is no such order")]
    UnknownOrder,
    /// An order by nobody.
    #[error("there is no user {0}")]
    UnknownUser(i64),
    /// An order of what the shop does not sell.
    #[error("there is no product {0}")]
    UnknownProduct(i64),
    /// No items, or too many, or too many of one.
    #[error("an order has 1 to {MAX_LINES} items of 1 to {MAX_QUANTITY} each")]
    Items,
    /// An `Idempotency-Key` that is no use.
    #[error("an Idempotency-Key has 1 to 128 visible ASCII characters")]
    Key,
    /// The same key was used for another order.
    #[error("this Idempotency-Key was used for an order of other items")]
    KeyReused,
    /// Not enough of it.
    #[error("not enough of product {0} is in stock")]
    SoldOut(i64),
    /// The payment provider declined, or was never asked in time.
    #[error("the payment was not made, and the order is off")]
    NotPaid,
    /// A report of no orders, or of too many.
    #[error("a report is about the latest 1 to {MAX_ORDERS} orders")]
    Reach,
    /// The report took longer than its caller waits.
    #[error("the report was not done by its deadline")]
    NoTime,
    /// The report's thread came to a bad end.
    #[error("the report could not be made")]
    NoReport,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Another service.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = |status| Problem::new(status).detail(self.to_string());
        match self {
            Self::UnknownOrder => problem(StatusCode::NOT_FOUND),
            Self::Key | Self::Reach => problem(StatusCode::BAD_REQUEST),
            Self::NoTime => problem(StatusCode::GATEWAY_TIMEOUT),
            Self::NoReport => problem(StatusCode::INTERNAL_SERVER_ERROR),
            Self::Items | Self::UnknownUser(_) | Self::UnknownProduct(_) | Self::KeyReused => {
                problem(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::SoldOut(_) => problem(StatusCode::CONFLICT),
            Self::NotPaid => problem(StatusCode::PAYMENT_REQUIRED),
            Self::Database(error) => error.into(),
            Self::Call(error) => error.into(),
        }
        .into_response()
    }
}
