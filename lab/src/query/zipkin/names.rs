//! The names to ask with: services, their spans and those they called.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::super::parameters::Parameters;
use super::super::work::{Queries, newest_first};
use super::super::{find, lost};
use super::{plain, remote_service, unanswered};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/v2/services", get(services))
        .route("/api/v2/spans", get(spans))
        .route("/api/v2/remoteServices", get(remote_services))
        // Zipkin completes the tags that it is configured to, which by default are none.
        .route("/api/v2/autocompleteKeys", get(async || Json::<[&str; 0]>([])))
        .route("/api/v2/autocompleteValues", get(autocomplete_values))
}

/// Above this many services, Zipkin takes them to be known, and lets names be kept for a while.
const FEW_SERVICES: usize = 3;

fn answer(queries: &Queries, names: BTreeSet<String>) -> Response {
    let mut response = Json(names).into_response();
    if lower(find::services(&queries.lab)).len() > FEW_SERVICES {
        let value = axum::http::HeaderValue::from_static("max-age=300, must-revalidate");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    lost::note(&queries.lab, 0, response)
}

fn lower(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    names.into_iter().map(|name| name.to_lowercase()).collect()
}

/// The service that is asked for, which must be said.
fn service(parameters: &Parameters) -> Option<String> {
    parameters.get("serviceName").map(str::to_lowercase)
}

fn no_service() -> Response {
    plain(StatusCode::BAD_REQUEST, "parameter serviceName is required")
}

async fn autocomplete_values(parameters: Parameters) -> Response {
    match parameters.get("key") {
        Some(_) => Json::<[&str; 0]>([]).into_response(),
        None => plain(StatusCode::BAD_REQUEST, "parameter key is required"),
    }
}

async fn services(State(queries): State<Arc<Queries>>) -> Response {
    answer(&queries, lower(find::services(&queries.lab)))
}

async fn spans(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let Some(service) = service(&parameters) else {
        return no_service();
    };
    let found = queries
        .ask(move |lab, watch| find::operations(lab, watch, |name| name.to_lowercase() == service))
        .await;
    match found {
        Ok(found) => answer(&queries, lower(found.into_iter().map(|(name, _)| name))),
        Err(reason) => unanswered(reason),
    }
}

async fn remote_services(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let Some(service) = service(&parameters) else {
        return no_service();
    };
    let found = queries
        .ask(move |lab, watch| {
            let mut found = BTreeSet::new();
            newest_first(lab, watch, |trace| {
                for span in trace.iter() {
                    if found.len() < find::MOST_NAMES && span.origin.service().to_lowercase() == service {
                        found.extend(remote_service(&span));
                    }
                }
                Ok(())
            })?;
            Ok(found)
        })
        .await;
    match found {
        Ok(found) => answer(&queries, found),
        Err(reason) => unanswered(reason),
    }
}
