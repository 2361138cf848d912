//! The control endpoint: faults that strike for a time instead of with a request, set and cleared by the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use faults::baggage::ActiveFault;
use faults::catalogue::{self, FAULTS, NETWORK_LATENCY};
use scenarios::words;
use serde::Deserialize;
use serde_json::json;

use crate::edge::Edge;

/// More than enough for every edge.
const MAX_BODY: usize = 64 * 1024;

struct Control {
    edges: Vec<Arc<Edge>>,
    /// None: nobody may set anything.
    token: Option<String>,
}

/// The routes: `PUT` and `DELETE /control/faults` for whoever has the token, `/livez` and `/readyz` for everybody.
pub(crate) fn router(edges: Vec<Arc<Edge>>, token: Option<String>) -> Router {
    let control = Arc::new(Control { edges, token });
    Router::new()
        .route("/control/faults", put(set).delete(clear))
        .layer(middleware::from_fn_with_state(control.clone(), authorise))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(control)
}

/// What is set: it replaces whatever was set before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    fault: String,
    at: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

async fn authorise(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    let expected = control.token.as_ref().map(|token| format!("Bearer {token}"));
    match (given, expected) {
        (Some(given), Some(expected)) if same(given, expected.as_bytes()) => next.run(request).await,
        (_, Some(_)) => problem(
            StatusCode::UNAUTHORIZED,
            "the header `Authorization: Bearer TOKEN` must hold the run's token",
        ),
        (_, None) => problem(
            StatusCode::UNAUTHORIZED,
            "faults cannot be set: the wire was started without FAULTMART_TOKEN",
        ),
    }
}

/// Takes the same time wherever the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |difference, (l, r)| difference | (l ^ r))
            == 0
}

async fn set(State(control): State<Arc<Control>>, body: axum::body::Bytes) -> Response {
    match read(&control.edges, &body) {
        Ok(mut faults) => {
            for edge in &control.edges {
                edge.window.set(faults.remove(edge.name));
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Err(detail) => problem(StatusCode::BAD_REQUEST, &detail),
    }
}

async fn clear(State(control): State<Arc<Control>>) -> Response {
    for edge in &control.edges {
        edge.window.set(None);
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The faults by edge, or what is wrong.
fn read(edges: &[Arc<Edge>], body: &[u8]) -> Result<BTreeMap<&'static str, ActiveFault>, String> {
    let body: Faults = serde_json::from_slice(body).map_err(|error| format!("the body: {error}"))?;
    let mut faults = BTreeMap::new();
    for Fault {
        fault,
        at,
        parameters,
    } in body.faults
    {
        if catalogue::find(&fault).is_none() {
            let help = words::suggest(&fault, FAULTS.iter().map(|fault| fault.name));
            return Err(format!("unknown fault `{fault}`: {help}"));
        }
        if fault != NETWORK_LATENCY.name {
            return Err(format!(
                "`{fault}` does not strike on the wire, only `{}` does",
                NETWORK_LATENCY.name
            ));
        }
        let Some(edge) = edges.iter().find(|edge| edge.name == at) else {
            let help = words::suggest(&at, edges.iter().map(|edge| edge.name));
            return Err(format!("this wire has no edge `{at}`: {help}"));
        };
        let fault = ActiveFault::for_a_time(&fault, &at, parameters).map_err(|error| error.to_string())?;
        if faults.insert(edge.name, fault).is_some() {
            return Err(format!("`{at}` is named twice"));
        }
    }
    Ok(faults)
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    (
        status,
        [(header::CONTENT_TYPE, "application/problem+json")],
        Json(body).into_response().into_body(),
    )
        .into_response()
}
