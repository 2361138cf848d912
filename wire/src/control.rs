//! The control endpoint: faults that strike for a time instead of with a request, set and cleared by the run.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use faults::baggage::ActiveFault;
use faults::catalogue::{Fault, Places};
use faults::control::{self, MAX_BODY, known, shows_token};
use serde_json::json;

use crate::edge::Edge;
use crate::options::Protocol;

struct Control {
    edges: Vec<Arc<Edge>>,
    /// None: nobody may set anything.
    token: Option<String>,
}

/// The routes: `GET`, `PUT` and `DELETE /control/faults` for whoever has the token, `/livez` and `/readyz` for everybody.
pub(crate) fn router(edges: Vec<Arc<Edge>>, token: Option<String>) -> Router {
    let control = Arc::new(Control { edges, token });
    Router::new()
        .route("/control/faults", get(tell).put(set).delete(clear))
        .route("/control/faults/{fault}", delete(clear_one))
        .layer(middleware::from_fn_with_state(control.clone(), authorise))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(control)
}

async fn authorise(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    match &control.token {
        Some(token) if shows_token(given, token) => next.run(request).await,
        Some(_) => problem(
            StatusCode::UNAUTHORIZED,
            "the header `Authorization: Bearer TOKEN` must hold the run's token",
        ),
        None => problem(
            StatusCode::UNAUTHORIZED,
            "faults cannot be set: the wire was started without FAULTMART_TOKEN",
        ),
    }
}

async fn tell(State(control): State<Arc<Control>>) -> Response {
    let set: Vec<Arc<ActiveFault>> = control
        .edges
        .iter()
        .filter_map(|edge| Some(edge.hazards.window.get()?.fault))
        .collect();
    let told = control::tell(set.iter().map(|fault| &**fault));
    ([(header::CONTENT_TYPE, "application/json")], told).into_response()
}

async fn set(State(control): State<Arc<Control>>, body: axum::body::Bytes) -> Response {
    match read(&control.edges, &body) {
        Ok(faults) => {
            for edge in &control.edges {
                edge.hazards
                    .window
                    .set(faults.iter().find(|fault| fault.at == edge.name).cloned());
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Err(detail) => problem(StatusCode::BAD_REQUEST, &detail),
    }
}

async fn clear(State(control): State<Arc<Control>>) -> Response {
    for edge in &control.edges {
        edge.hazards.window.set(None);
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_one(State(control): State<Arc<Control>>, Path(name): Path<String>) -> Response {
    match known(&name) {
        Ok(fault) => {
            for edge in &control.edges {
                let set = edge.hazards.window.get();
                if set.is_some_and(|set| set.fault.fault == fault.name) {
                    edge.hazards.window.set(None);
                }
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Err(detail) => problem(StatusCode::BAD_REQUEST, &detail),
    }
}

/// The faults to be set, at most one for each edge, or what is wrong.
fn read(edges: &[Arc<Edge>], body: &[u8]) -> Result<Vec<ActiveFault>, String> {
    let here = |fault: &'static Fault| match fault.places {
        Places::Edges => edges.iter().map(|edge| edge.name).collect(),
        Places::Calls => edges
            .iter()
            .filter(|edge| edge.protocol == Protocol::Http)
            .map(|edge| edge.name)
            .collect(),
        Places::Operations(_) | Places::Services(_) => Vec::new(),
    };
    let faults = control::read(body, "the wire", here)?;
    for (index, fault) in faults.iter().enumerate() {
        if faults[..index].iter().any(|other| other.at == fault.at) {
            return Err(format!(
                "`{}` is named twice: an edge has one fault at a time",
                fault.at
            ));
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
