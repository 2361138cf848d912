//! What happens to every request before and after its handler: the server span, the deadline, the limits, the baggage.

mod attributes;
mod process;
mod profile;
mod workers;

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::FutureExt as _;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::TraceContextExt;
use tokio::sync::Semaphore;

use crate::connection::Waited;
use crate::database::Database;
use crate::problem::Problem;
use crate::request::{Scope, TIMEOUT_HEADER};
use crate::shutdown::Shutdown;
use crate::telemetry::{instrumentation, propagation};
use crate::windows::{self, Windows};
use attributes::Attributes;
use faults::control::shows_token;
pub(crate) use workers::Workers;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// What a server needs to know about itself.
#[derive(Debug)]
pub(crate) struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    pub request_timeout: Duration,
    /// Requests that may still begin.
    pub slots: Semaphore,
    /// What control requests must show; without one they are all refused.
    pub token: Option<String>,
    pub shutdown: Shutdown,
    pub database: Option<Database>,
    /// Faults that are set for a time.
    pub windows: Windows,
    /// Needed by requests while that is set.
    pub workers: Workers,
}

/// The service's routes, and around them all that services have in common.
pub(crate) fn router(server: Server, routes: Router) -> Router {
    let routes = routes.merge(windows::router(server.name, server.windows.clone()));
    let server = Arc::new(server);
    let probes = Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .with_state(server.clone());
    routes
        .merge(database_trouble(server.clone()))
        .merge(profile::router(server.clone()))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Problem::new(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(middleware::from_fn_with_state(server, handle))
        .merge(probes)
}

async fn live() -> &'static str {
    "ok\n"
}

async fn ready(State(server): State<Arc<Server>>) -> Response {
    if server.shutdown.is_requested() {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail("shutting down")
            .into_response();
    }
    match &server.database {
        Some(database) if !database.answers().await => Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail("the database does not answer")
            .into_response(),
        _ => "ok\n".into_response(),
    }
}

/// `GET /control/database`: why the database did not do what it was last told, or null.
fn database_trouble(server: Arc<Server>) -> Router {
    let answer = |State(server): State<Arc<Server>>| async move {
        let trouble = server.database.as_ref().and_then(Database::trouble);
        Json(serde_json::json!({ "trouble": trouble }))
    };
    Router::new()
        .route("/control/database", get(answer))
        .with_state(server)
}

async fn handle(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == profile::PATH {
        return control(&server, request, next, profile::WITHIN).await;
    }
    if path.starts_with("/control/") {
        return control(&server, request, next, server.request_timeout).await;
    }
    let began = Instant::now();
    let attributes = Attributes::of(&server, &request);
    let parent = match propagation::extract(request.headers()) {
        Some(caller) => Context::new().with_remote_span_context(caller),
        None => Context::new(),
    };
    let span = attributes.start_span(&request, parent.with_value(server.shutdown.clone()));
    let outcome = serve(&server, began, request, next)
        .with_context(span.context().clone())
        .await;
    let (response, failure) = match outcome {
        Ok(response) => (response, None),
        Err(failure) => (failure.problem.into_response(), Some(failure.kind)),
    };
    attributes.finish(&span, began, response.status(), failure);
    response
}

/// Control requests leave no trace, and answer only to who started us.
async fn control(server: &Server, request: Request, next: Next, within: Duration) -> Response {
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    if !server
        .token
        .as_ref()
        .is_some_and(|token| shows_token(shown, token))
    {
        return Problem::new(StatusCode::UNAUTHORIZED)
            .detail("control requests need the bearer token of the run")
            .into_response();
    }
    let context = Context::new().with_value(server.shutdown.clone());
    match tokio::time::timeout(within, next.run(request).with_context(context)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT).into_response(),
    }
}

/// A request that no handler answered.
struct Unanswered {
    problem: Problem,
    /// The word for `error.type`.
    kind: &'static str,
}

impl Unanswered {
    fn late() -> Self {
        let detail = "the request was not done by its deadline";
        Self {
            problem: Problem::new(StatusCode::GATEWAY_TIMEOUT).detail(detail),
            kind: "timeout",
        }
    }
}

async fn serve(
    server: &Server,
    began: Instant,
    request: Request,
    next: Next,
) -> Result<Response, Unanswered> {
    let Ok(_slot) = server.slots.try_acquire() else {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("too many requests at once");
        return Err(Unanswered {
            problem: problem.retry_after(1),
            kind: "overload",
        });
    };
    let deadline = began
        + asked_timeout(request.headers())
            .map_or(server.request_timeout, |asked| asked.min(server.request_timeout));
    let scope = match baggage(request.headers()) {
        Ok(baggage) => Scope::from_baggage(baggage.as_deref()).map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    let scope = match scope {
        Ok(scope) => scope.with_windows(server.windows.all()).with_deadline(deadline),
        Err(error) => {
            return Ok(Problem::new(StatusCode::BAD_REQUEST)
                .detail(format!("baggage: {error}"))
                .into_response());
        }
    };
    if let Some(&waited) = request.extensions().get::<Waited>() {
        scope.clone().run(process::came_late(server, waited)).await;
    }
    let _worker = if scope.may_be_struck() {
        let before = async {
            process::before_request(server, &scope).await;
            workers::enter(server, &scope).await
        };
        scope.clone().run(before).await.map_err(|_| Unanswered::late())?
    } else {
        None
    };
    let request = match tokio::time::timeout_at(deadline.into(), whole(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(problem)) => return Ok(problem.into_response()),
        Err(_) => {
            let detail = "the body did not come in time";
            return Ok(Problem::new(StatusCode::REQUEST_TIMEOUT)
                .detail(detail)
                .into_response());
        }
    };
    let named = async move {
        instrumentation::name_server_span(request.method(), request.uri());
        next.run(request).await
    };
    let handler = AssertUnwindSafe(scope.run(named)).catch_unwind();
    match tokio::time::timeout_at(deadline.into(), handler).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => {
            tracing::error!(reason = panic_message(&*panic), "a request was ended by a panic");
            Err(Unanswered {
                problem: Problem::new(StatusCode::INTERNAL_SERVER_ERROR),
                kind: "panic",
            })
        }
        Err(_) => Err(Unanswered::late()),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

/// The caller's remaining time. What is no number is no deadline.
fn asked_timeout(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(TIMEOUT_HEADER)?
        .to_str()
        .ok()?
        .parse()
        .ok()
        .map(Duration::from_millis)
}

/// All lines of the `baggage` header as one.
fn baggage(headers: &HeaderMap) -> Result<Option<String>, String> {
    let mut joined: Option<String> = None;
    for line in headers.get_all("baggage") {
        let line = line.to_str().map_err(|_| "not visible ASCII text".to_owned())?;
        match &mut joined {
            Some(joined) => {
                joined.push(',');
                joined.push_str(line);
            }
            None => joined = Some(line.to_owned()),
        }
    }
    Ok(joined)
}

/// The request with its whole body, so that no handler waits for a slow client.
async fn whole(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Request::from_parts(parts, Body::empty()));
    }
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE).detail(format!("at most {MAX_BODY} bytes"));
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(Request::from_parts(parts, Body::from(collected.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST).detail("the body is incomplete")),
    }
}
