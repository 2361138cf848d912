//! Refuses a fault at a place that the route cannot reach: whoever asks for it would wait for what never happens.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chassis::problem::Problem;
use chassis::request::Faults;
use faults::routes::check_reach;
use http::StatusCode;

pub async fn refuse_out_of_reach(
    path: MatchedPath,
    faults: Faults,
    request: Request,
    next: Next,
) -> Response {
    match check_reach(request.method().as_str(), path.as_str(), &faults) {
        Ok(()) => next.run(request).await,
        Err(out_of_reach) => Problem::new(StatusCode::BAD_REQUEST)
            .detail(out_of_reach.to_string())
            .into_response(),
    }
}
