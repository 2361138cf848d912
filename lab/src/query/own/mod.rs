//! The lab's own answers.
//!
//! | route | file |
//! |---|---|
//! | `/livez`, `/readyz` | [`health`] |
//! | `/lab/spans`, `/lab/services` | [`spans`] |
//! | `/lab/traces`, `/lab/traces/{id}` | [`traces`] |
//! | `/lab/traces/{id}/drawing`, `/lab/traces/{id}/spans/{span}` | [`drawing`] |
//! | `/lab/traces/{id}/spans/{span}/meanwhile` | [`meanwhile`] |
//! | `/lab/compare` | [`compare`] |
//! | `/lab/red` | [`red`] |
//! | `/lab/graph` | [`graph`] |
//! | `/lab/service` | [`service`] |
//! | `/lab/metrics` | [`measured`] |
//! | `/lab/logs` | [`logs`] |
//! | `/lab/files` | [`files`] |
//! | `/metrics` | [`metrics`] |

mod asked;
mod compare;
mod drawing;
mod files;
mod graph;
mod health;
mod logs;
mod meanwhile;
mod measured;
mod metrics;
mod quantiles;
mod red;
mod service;
mod shared;
mod spans;
mod traces;

use std::sync::Arc;

use axum::{Router, middleware};

use super::work::Queries;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .merge(drawing::routes())
        .merge(meanwhile::routes())
        .merge(files::routes())
        .merge(compare::routes())
        .merge(health::routes())
        .merge(spans::routes())
        .merge(traces::routes())
        .merge(watched())
        .merge(logs::routes())
        .merge(metrics::routes())
}

/// What a page asks for all the time that is open.
fn watched() -> Router<Arc<Queries>> {
    Router::new()
        .merge(red::routes())
        .merge(graph::routes())
        .merge(service::routes())
        .merge(measured::routes())
        .layer(middleware::from_fn_with_state(
            shared::Answers::default(),
            shared::shared,
        ))
}
