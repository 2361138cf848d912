//! `GET /debug/pprof/profile?seconds=N`: where this service spends its processor time, for whoever has the run's token. It has the
//! names of functions, and therefore never goes where the traces go.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use profile::ProfileError;
use serde::Deserialize;

use super::Server;
use crate::extract::Query;
use crate::problem::Problem;

/// Where it is.
pub(super) const PATH: &str = "/debug/pprof/profile";
/// What `go tool pprof` asks for by itself.
const SECONDS: u64 = 30;
/// The longest that can be asked for.
pub(super) const MOST_SECONDS: u64 = 300;
/// How long looking up the names may take.
const NAMES: Duration = Duration::from_secs(60);

/// How long the answer may take.
pub(super) const WITHIN: Duration = Duration::from_secs(MOST_SECONDS + NAMES.as_secs());

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "usual")]
    seconds: u64,
}

fn usual() -> u64 {
    SECONDS
}

/// The route.
pub(super) fn router(server: Arc<Server>) -> Router {
    Router::new().route(PATH, get(answer)).with_state(server)
}

async fn answer(
    State(server): State<Arc<Server>>,
    Query(Asked { seconds }): Query<Asked>,
) -> Result<Response, Problem> {
    if !(1..=MOST_SECONDS).contains(&seconds) {
        let detail = format!("`seconds` is a number from 1 to {MOST_SECONDS}");
        return Err(Problem::new(StatusCode::BAD_REQUEST).detail(detail));
    }
    let recording = profile::start().map_err(|error| refused(&error))?;
    // A service that must go gives what it has until then. If whoever asks goes first, the recording is dropped with this future.
    let _ = server
        .shutdown
        .unless(tokio::time::sleep(Duration::from_secs(seconds)))
        .await;
    let recorded = tokio::task::spawn_blocking(|| recording.finish()).await;
    let profile = recorded
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR))?
        .map_err(|error| refused(&error))?;
    let name = format!("attachment; filename=\"profile-{}.pb.gz\"", server.name);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, profile).into_response())
}

fn refused(error: &ProfileError) -> Problem {
    let status = match error {
        ProfileError::Busy => StatusCode::CONFLICT,
        ProfileError::Impossible(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::new(status).detail(error.to_string())
}
