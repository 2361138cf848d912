//! The referee's ear: the listener to which whoever fires a fault reports it, apart from all telemetry.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use faults::truth::Applied;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;
use referee::batch::{self, Batch, Taken};

use crate::Failure;

/// No honest batch comes near this.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What the referee has heard and nobody has taken yet.
#[derive(Debug, Clone, Default)]
pub struct Reports(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    applied: Vec<Applied>,
    refused: u64,
    /// A sender that did not hear our answer sends its batch again.
    taken: Taken,
}

impl Reports {
    /// Takes what has been heard since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<Applied> {
        std::mem::take(&mut self.lock().applied)
    }

    /// How many reports could not be understood; any is an error of ours.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens until the runtime ends.
///
/// # Errors
///
/// A [`Failure`] when the socket cannot be used.
pub fn listen(listener: TcpListener, token: &str) -> Result<Reports, Failure> {
    let cannot = |error| Failure::run(format!("the referee cannot listen: {error}"));
    listener.set_nonblocking(true).map_err(cannot)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(cannot)?;
    let reports = Reports::default();
    let state = Listener {
        reports: reports.clone(),
        authorization: format!("Bearer {token}").into(),
    };
    let router = Router::new()
        .route("/v1/logs", post(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(state);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            eprintln!("warning: the referee has stopped listening: {error}");
        }
    });
    Ok(reports)
}

#[derive(Clone)]
struct Listener {
    reports: Reports,
    authorization: Arc<str>,
}

async fn receive(State(listener): State<Listener>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let told = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    if told != Some(listener.authorization.as_bytes()) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(request) = ExportLogsServiceRequest::decode(body) else {
        listener.reports.lock().refused += 1;
        return StatusCode::BAD_REQUEST;
    };
    let batch = headers
        .get(batch::HEADER)
        .and_then(|value| value.to_str().ok()?.parse::<Batch>().ok());
    let mut heard = listener.reports.lock();
    if batch.is_some_and(|batch| !heard.taken.is_new(batch)) {
        return StatusCode::OK;
    }
    for event in referee::event::decode_request(&request) {
        match event {
            Ok(applied) => heard.applied.push(applied),
            Err(_) => heard.refused += 1,
        }
    }
    StatusCode::OK
}

#[cfg(test)]
mod tests {
    use faults::catalogue;
    use faults::truth::Role;

    use super::*;

    #[tokio::test]
    async fn a_batch_that_is_sent_again_counts_once() {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/v1/logs", socket.local_addr().expect("bound"));
        let reports = listen(socket, "secret").expect("a listener");
        let applied = Applied {
            trace_id: [1; 16],
            span_ids: vec![[2; 8]],
            sequence: Some(3),
            fault: catalogue::SLOW_QUERY.name,
            at: "catalog.search".to_owned(),
            role: Role::Culprit,
            effect: 4.0,
            at_unix_ns: 5,
        };
        let body = referee::event::encode_request("catalog", std::slice::from_ref(&applied)).encode_to_vec();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        for key in [
            Some("catalog-1-a.1"),
            Some("catalog-1-a.1"),
            Some("catalog-1-a.2"),
            None,
        ] {
            let mut request = client.post(&url).bearer_auth("secret").body(body.clone());
            if let Some(key) = key {
                request = request.header(batch::HEADER, key);
            }
            assert_eq!(request.send().await.expect("an answer").status(), 200);
        }
        assert_eq!(reports.take(), vec![applied; 3]);
    }
}
