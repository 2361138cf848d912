//! The lab's own answers.
//!
//! | route | file |
//! |---|---|
//! | `/livez`, `/readyz` | [`health`] |
//! | `/lab/spans`, `/lab/services` | [`spans`] |
//! | `/lab/traces`, `/lab/traces/{id}` | [`traces`] |
//! | `/lab/traces/{id}/drawing`, `/lab/traces/{id}/spans/{span}` | [`drawing`] |
//! | `/lab/compare` | [`compare`] |
//! | `/lab/red` | [`red`] |
//! | `/lab/graph` | [`graph`] |
//! | `/lab/logs` | [`logs`] |
//! | `/metrics` | [`metrics`] |

mod asked;
mod compare;
mod drawing;
mod graph;
mod health;
mod logs;
mod metrics;
mod quantiles;
mod red;
mod spans;
mod traces;

use std::sync::Arc;

use axum::Router;

use super::work::Queries;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .merge(drawing::routes())
        .merge(compare::routes())
        .merge(health::routes())
        .merge(spans::routes())
        .merge(traces::routes())
        .merge(red::routes())
        .merge(graph::routes())
        .merge(logs::routes())
        .merge(metrics::routes())
}
