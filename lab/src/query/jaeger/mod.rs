//! Jaeger's routes, under `/jaeger`: the third version of its API, and of the first what its page and Grafana's data
//! source ask. Traces are told as they came; none of Jaeger's adjustments of clocks and ids are made.
//!
//! | route | file |
//! |---|---|
//! | `/api/v3/services`, `operations`, `traces`, `traces/{id}` | [`v3`] |
//! | `/api/services`, `operations`, `traces`, `dependencies` | [`v1`] |
//! | what both search by | [`search`] |

mod search;
mod v1;
mod v3;
mod written_v1;

use std::sync::Arc;

use axum::Router;

use super::work::Queries;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().merge(v3::routes()).merge(v1::routes())
}

/// The name of a kind of span, empty for one that is not said.
fn kind_name(kind: i32) -> String {
    match kind {
        1..=5 => trace::Kind(kind).to_string(),
        _ => String::new(),
    }
}
