//! What this service offers, one file per use case.

mod claim_outbox;
mod complete_outbox;
mod create_order;
mod list_orders;
mod order;
mod outbox_length;
mod sales_report;
mod stock;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use chassis::threads::watch;

use crate::State;

pub use sales_report::MAX_ORDERS;

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route(
            "/orders",
            get(list_orders::list_orders).post(create_order::create_order),
        )
        .route("/orders/{id}", get(order::order))
        .route("/stock", get(stock::stock))
        .route("/reports/sales", get(sales_report::sales_report))
        .route("/outbox/claim", post(claim_outbox::claim_outbox))
        .route("/outbox/{id}/done", post(complete_outbox::complete_outbox))
        .route_layer(from_fn_with_state(state.stalls.clone(), watch))
        .route("/control/outbox", get(outbox_length::outbox_length))
        .with_state(state)
}
