//! Answers about what the lab holds, in four dialects: the lab's own under `/lab` and `/metrics`, Tempo's under `/api`,
//! Jaeger's under `/jaeger` and Zipkin's under `/zipkin`.
//!
//! [`work`] says how many questions are worked on at once and for how long, [`written`] how long answers are written
//! piece by piece, [`parameters`] how a question's parameters are read, [`lost`] how an answer says that an eviction
//! made it incomplete.

mod find;
mod jaeger;
mod lost;
mod own;
pub mod parameters;
mod peers;
mod tempo;
mod work;
mod written;
mod zipkin;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::ingest::Lab;
use work::{Queries, Unanswered};

/// All routes that answer questions.
pub fn routes(lab: Arc<Lab>) -> Router {
    let queries = Arc::new(Queries::new(Arc::clone(&lab)));
    Router::new()
        .merge(own::routes())
        .merge(tempo::routes())
        .nest("/jaeger", jaeger::routes())
        .nest("/zipkin", zipkin::routes())
        .with_state(queries)
}

/// An answer that something is wrong with the question: RFC 9457's form.
pub fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("error");
    let body = serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail }).to_string();
    (status, [("content-type", "application/problem+json")], body).into_response()
}

impl Unanswered {
    fn status(self) -> StatusCode {
        match self {
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLong => StatusCode::GATEWAY_TIMEOUT,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Unanswered {
    fn into_response(self) -> Response {
        problem(self.status(), &self.to_string())
    }
}

/// An answer of JSON that is already written.
fn json(text: impl Into<axum::body::Body>) -> Response {
    ([("content-type", "application/json")], text.into()).into_response()
}
