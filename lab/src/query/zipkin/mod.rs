//! Zipkin's read routes, under `/zipkin/api/v2`. Names are told and compared in lower case, as Zipkin does.
//!
//! | route | file |
//! |---|---|
//! | `services`, `spans`, `remoteServices`, `autocompleteKeys`, `autocompleteValues` | [`names`] |
//! | `traces`, `trace/{id}`, `traceMany` | [`traces`], which searches by [`search`] |
//! | `dependencies` | [`traces`], reckoned by [`dependencies`] |

mod dependencies;
mod names;
mod search;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::work::{Queries, Unanswered};
use crate::store::StoredSpan;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().merge(names::routes()).merge(traces::routes())
}

/// What Zipkin says about a question that is wrong: plain text.
fn plain(status: StatusCode, text: impl ToString) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text.to_string(),
    )
        .into_response()
}

fn unanswered(reason: Unanswered) -> Response {
    plain(reason.status(), reason)
}

/// The name of the one on the other side of a span, if it is told.
fn remote_service(span: &StoredSpan<'_>) -> Option<String> {
    let keys: &[&str] = match trace::Kind(span.basics().kind) {
        trace::Kind::CLIENT | trace::Kind::PRODUCER => REMOTE_KEYS,
        _ => &["peer.service"],
    };
    keys.iter()
        .find_map(|key| span.attribute(key)?.as_text())
        // An address is no name.
        .filter(|text| !text.is_empty() && text.parse::<std::net::IpAddr>().is_err())
        .map(str::to_lowercase)
}

/// What names a called one, in the order of OpenTelemetry's mapping to Zipkin.
const REMOTE_KEYS: &[&str] = &[
    "peer.service",
    "server.address",
    "net.peer.name",
    "network.peer.address",
    "server.socket.domain",
    "server.socket.address",
    "net.sock.peer.name",
    "net.sock.peer.addr",
    "peer.hostname",
    "peer.address",
];
