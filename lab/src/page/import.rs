//! `POST /lab/import?name=`: a trace file of any format that is read, dropped onto the page.
//!
//! It is sent as `application/octet-stream`, which a page of another origin may not do without asking first, and it is not asked for here.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use tokio::sync::Semaphore;
use trace::TraceId;
use trace::formats::{self, Format, unpack};

use crate::files;
use crate::ingest::Lab;
use crate::opened::Opened;
use crate::query::parameters::Parameters;
use crate::query::problem;

/// How large a file may be as it is sent, and once it is unpacked.
const LARGEST: usize = 64 << 20;
const LARGEST_UNPACKED: u64 = 256 << 20;
/// How long it may take to come.
const SLOWEST: Duration = Duration::from_secs(60);
/// How many are worked on at once.
const AT_ONCE: usize = 2;
/// How many of its traces are named.
const NAMED: usize = 10;

const FORM: &str = "application/octet-stream";

struct Importer {
    lab: Arc<Lab>,
    turns: Semaphore,
}

pub fn routes(lab: Arc<Lab>) -> Router {
    let turns = Semaphore::new(AT_ONCE);
    Router::new()
        .route("/lab/import", post(import))
        .with_state(Arc::new(Importer { lab, turns }))
}

/// What came of a file.
#[derive(Serialize)]
struct Imported {
    format: &'static str,
    spans: usize,
    /// Spans whose ids are none.
    rejected: u64,
    traces: usize,
    /// Traces that had to go again, since the lab has no more room.
    evicted: usize,
    /// Some of those that are here, in the order of the file.
    trace_ids: Vec<String>,
}

type Refusal = (StatusCode, String);

async fn import(State(importer): State<Arc<Importer>>, parameters: Parameters, request: Request) -> Response {
    let name = parameters.get("name").unwrap_or("a file").to_owned();
    match importer.take(name, request).await {
        Ok(imported) => Json(imported).into_response(),
        Err((status, detail)) => problem(status, &detail),
    }
}

impl Importer {
    async fn take(&self, name: String, request: Request) -> Result<Imported, Refusal> {
        let form = request.headers().get(header::CONTENT_TYPE);
        if form.is_none_or(|form| form != FORM) {
            let detail = format!("a file is sent as {FORM}");
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let Ok(_turn) = self.turns.try_acquire() else {
            let detail = "other files are being read; send it again in a while";
            return Err((StatusCode::SERVICE_UNAVAILABLE, detail.to_owned()));
        };
        let file = body(request.into_body()).await?;
        let lab = Arc::clone(&self.lab);
        let task = tokio::task::spawn_blocking(move || store(&lab, &name, &file));
        let failed = |_| {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the file could not be read".to_owned(),
            )
        };
        task.await
            .map_err(failed)?
            .map_err(|detail| (StatusCode::BAD_REQUEST, detail))
    }
}

async fn body(body: Body) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(SLOWEST, axum::body::to_bytes(body, LARGEST));
    match read.await {
        Ok(Ok(file)) => Ok(file),
        // What else can go wrong is that the sender has gone, who then reads no answer.
        Ok(Err(_)) => {
            let detail = format!(
                "the file has more than {} MiB\nhelp: open it with `faultmart lab FILE`",
                LARGEST >> 20
            );
            Err((StatusCode::PAYLOAD_TOO_LARGE, detail))
        }
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the file came too slowly".to_owned())),
    }
}

fn store(lab: &Lab, name: &str, file: &[u8]) -> Result<Imported, String> {
    let format = formats::detect(file).ok_or_else(|| {
        let known: Vec<&str> = Format::all()
            .filter(|format| format.is_read())
            .map(Format::name)
            .collect();
        format!(
            "not a trace file of a format that is known\nhelp: give one of: {}",
            known.join(", ")
        )
    })?;
    let said = |error: formats::ReadError| format!("{error}\nhelp: {}", error.help);
    let plain = unpack::unpack(file, LARGEST_UNPACKED).map_err(said)?;
    let spans = formats::read(format, &plain).map_err(said)?;
    drop(plain);
    let rejected = files::hand_over(lab, &spans)?;
    let mut opened = Opened::new(name);
    opened.add(&spans);
    lab.opened.remember(opened);
    let mut seen = HashSet::new();
    let ids: Vec<TraceId> = spans
        .iter()
        .map(|span| span.trace_id)
        .filter(|id| seen.insert(*id))
        .collect();
    let here: Vec<&TraceId> = ids
        .iter()
        .filter(|id| lab.store().trace(**id).is_some())
        .collect();
    Ok(Imported {
        format: format.name(),
        spans: spans.len(),
        rejected,
        traces: ids.len(),
        evicted: ids.len() - here.len(),
        trace_ids: here.iter().take(NAMED).map(|id| id.to_string()).collect(),
    })
}
