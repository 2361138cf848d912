//! What can be asked of a drive, and who may.
//!
//! | route | does |
//! |---|---|
//! | `GET /lab/drive` | tells what goes on |
//! | `GET /lab/drive/catalogue` | tells what can be played and set |
//! | `GET /lab/drive/code?fault=&at=` | gives both implementations, side by side |
//! | `PUT /lab/drive/load` | starts a load, or stops it |
//! | `POST /lab/drive/faults`, `DELETE /lab/drive/faults?fault=&at=` | sets a fault for a time, clears |
//! | `POST /lab/drive/requests` | sends one request with faults, and the same without |
//! | `GET /lab/drive/profile?service=&seconds=` | records a service's CPU profile |
//! | `PUT /lab/drive/hidden` | hides what is set from those who only look on |

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use faults::baggage::ActiveFault;
use faults::catalogue::Places;
use faults::control::{MAX_BODY, known, shows_token};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Drive, Refusal, profile::USUAL};
use crate::windows::refused;

/// All routes. `own` is where they listen: whoever was led here under another name was led by somebody else's page.
pub fn routes(drive: Arc<Drive>, own: SocketAddr) -> Router {
    let changes = Router::new()
        .route("/lab/drive/load", put(load))
        .route("/lab/drive/faults", post(set).delete(clear))
        .route("/lab/drive/requests", post(single))
        .route("/lab/drive/profile", get(profile))
        .route("/lab/drive/hidden", put(hidden))
        .layer(middleware::from_fn_with_state(Arc::clone(&drive), with_token));
    let own = own.to_string();
    Router::new()
        .route("/lab/drive", get(state))
        .route("/lab/drive/catalogue", get(catalogue))
        .route("/lab/drive/code", get(code))
        .merge(changes)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let is_own = request
                .headers()
                .get(header::HOST)
                .is_some_and(|host| host.as_bytes() == own.as_bytes());
            async move {
                if is_own {
                    next.run(request).await
                } else {
                    problem(StatusCode::FORBIDDEN, "ask the lab's page, under its address")
                }
            }
        }))
        .with_state(drive)
}

async fn with_token(State(drive): State<Arc<Drive>>, request: Request, next: Next) -> Response {
    match shown(&drive, request.headers()) {
        Token::Right => next.run(request).await,
        Token::None | Token::Wrong => unauthorised(),
    }
}

enum Token {
    None,
    Right,
    Wrong,
}

fn shown(drive: &Drive, headers: &HeaderMap) -> Token {
    match headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()) {
        None => Token::None,
        shown if shows_token(shown, &drive.token) => Token::Right,
        Some(_) => Token::Wrong,
    }
}

fn unauthorised() -> Response {
    problem(
        StatusCode::UNAUTHORIZED,
        "the header `Authorization: Bearer TOKEN` must hold the token that `faultmart up` has printed",
    )
}

async fn state(State(drive): State<Arc<Drive>>, headers: HeaderMap) -> Response {
    match shown(&drive, &headers) {
        Token::Wrong => unauthorised(),
        Token::Right => Json(drive.state(true).await).into_response(),
        Token::None => Json(drive.state(false).await).into_response(),
    }
}

async fn catalogue(State(drive): State<Arc<Drive>>) -> Response {
    Json(drive.catalogue()).into_response()
}

#[derive(Deserialize)]
struct Which {
    fault: Option<String>,
    at: Option<String>,
}

async fn code(Query(which): Query<Which>) -> Response {
    let (name, at) = (which.fault.unwrap_or_default(), which.at.unwrap_or_default());
    let fault = match known(&name) {
        Ok(fault) => fault,
        Err(detail) => return problem(StatusCode::NOT_FOUND, &detail),
    };
    let operation = match fault.places {
        Places::Operations(operations) => operations.iter().find(|operation| operation.name == at),
        _ => None,
    };
    match operation {
        Some(operation) => Json(json!({
            "part": operation.part,
            "healthy": operation.healthy.path,
            "faulty": operation.faulty.path,
            "rows": operation.rows(),
        }))
        .into_response(),
        None => {
            let detail = format!("{name} at `{at}` is not written in two ways");
            problem(StatusCode::NOT_FOUND, &detail)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    running: bool,
    scenario: Option<String>,
    #[serde(default = "yes")]
    faults: bool,
}

fn yes() -> bool {
    true
}

async fn load(State(drive): State<Arc<Drive>>, body: Bytes) -> Response {
    let done = async {
        let play: Play = read(&body)?;
        if play.running {
            let scenario = play.scenario.as_deref().unwrap_or(&drive.shop.name);
            drive.start_load(scenario, play.faults).await
        } else {
            drive.stop().await;
            Ok(())
        }
    };
    now(&drive, done.await).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    fault: String,
    at: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

async fn set(State(drive): State<Arc<Drive>>, body: Bytes) -> Response {
    let done = async {
        let Named {
            fault,
            at,
            parameters,
        } = read(&body)?;
        let fault = ActiveFault::for_a_time(&fault, &at, parameters).map_err(|error| error.to_string())?;
        if let Some(failure) = refused(fault.fault, &fault.at, &drive.database) {
            return Err(failure.message);
        }
        drive.faults.set(fault).await
    };
    now(&drive, done.await).await
}

async fn clear(State(drive): State<Arc<Drive>>, Query(which): Query<Which>) -> Response {
    let done = async {
        if let Some(name) = &which.fault {
            known(name)?;
        }
        drive
            .faults
            .clear(which.fault.as_deref(), which.at.as_deref())
            .await
    };
    now(&drive, done.await).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Single {
    journey: String,
    #[serde(default)]
    faults: Vec<Named>,
}

async fn single(State(drive): State<Arc<Drive>>, body: Bytes) -> Response {
    let done = async {
        let Single { journey, faults } = read(&body)?;
        let riding: Result<Vec<ActiveFault>, Refusal> = faults
            .into_iter()
            .map(|it| ActiveFault::new(&it.fault, &it.at, it.parameters).map_err(|error| error.to_string()))
            .collect();
        drive.single(&journey, &riding?).await
    };
    match done.await {
        Ok(pair) => Json(pair).into_response(),
        Err(refusal) => problem(StatusCode::BAD_REQUEST, &refusal),
    }
}

#[derive(Deserialize)]
struct Recorded {
    service: String,
    seconds: Option<u64>,
}

async fn profile(State(drive): State<Arc<Drive>>, Query(asked): Query<Recorded>) -> Response {
    match drive
        .profile(&asked.service, asked.seconds.unwrap_or(USUAL))
        .await
    {
        Ok(profile) => Json(profile).into_response(),
        Err((status, detail)) => problem(status, &detail),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hide {
    hidden: bool,
}

async fn hidden(State(drive): State<Arc<Drive>>, body: Bytes) -> Response {
    let done = read(&body).map(|Hide { hidden }| drive.hidden.store(hidden, Ordering::Relaxed));
    now(&drive, done).await
}

/// What goes on after a change, or why there was none.
async fn now(drive: &Drive, done: Result<(), Refusal>) -> Response {
    match done {
        Ok(()) => Json(drive.state(true).await).into_response(),
        Err(refusal) => problem(StatusCode::BAD_REQUEST, &refusal),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| format!("the body: {error}"))
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "title": title, "status": status.as_u16(), "detail": detail }).to_string();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
