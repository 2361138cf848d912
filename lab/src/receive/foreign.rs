//! Spans in a protocol older than OTLP: read into the model, written as an OTLP request, and taken as one.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use prost::Message as _;
use trace::formats::ReadError;
use trace::otlp::encode;
use trace::{Span, SpanId, TraceId};

use super::body::{self, Held};
use super::decompress::{Encoding, decompress};
use super::{Form, Receiver, Refused, SMALL, http};
use crate::arrivals::Way;
use crate::forward::Original;
use crate::ingest::Accepted;
use crate::signals::Signal;

/// Reads the spans of one message. A span with an id that is none has [`TraceId::INVALID`] or [`SpanId::INVALID`], so that it alone is refused, and counted.
pub type Read = fn(&[u8]) -> Result<Vec<Span>, Refused>;

/// How many objects a JSON message of another protocol may have: each becomes a span, or a part of one.
const MOST_OBJECTS: usize = 500_000;

/// Takes a posted body, the way Zipkin and Jaeger do: 202 and nothing, or why not in plain text.
pub async fn post(
    receiver: Receiver,
    way: Way,
    read: impl FnOnce(&HeaderMap) -> Result<Read, Refused>,
    request: Request,
) -> Response {
    let taken = match read(request.headers()) {
        Ok(read) => take(&receiver, read, request).await,
        Err(refused) => Err(refused),
    };
    match receiver.counted(way, taken) {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refused) => {
            let content_type = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
            let mut response =
                (refused.http_status(), [content_type], format!("{refused}\n")).into_response();
            if let Some(seconds) = refused.retry_after_seconds() {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

async fn take(receiver: &Receiver, read: Read, request: Request) -> Result<Accepted, Refused> {
    let encoding = Encoding::named(http::text(request.headers(), header::CONTENT_ENCODING))?;
    let held = body::read(request.into_body(), &receiver.pressure).await?;
    if encoding == Encoding::Identity && held.len() <= SMALL {
        return receiver.take_foreign(read, &held.bytes);
    }
    let receiver = receiver.clone();
    let task = tokio::task::spawn_blocking(move || {
        let plain = match encoding {
            Encoding::Identity => held,
            _ => {
                let Held { bytes, hold: _hold } = held;
                decompress(encoding, &bytes, receiver.pressure.hold())?
            }
        };
        receiver.take_foreign(read, &plain.bytes)
    });
    task.await.unwrap_or(Err(Refused::Internal))
}

impl Receiver {
    /// Takes the spans of a message of another protocol; the copy that is forwarded is OTLP.
    fn take_foreign(&self, read: Read, message: &[u8]) -> Result<Accepted, Refused> {
        let spans = read(message)?;
        let request = Bytes::from(encode::request(&spans).encode_to_vec());
        drop(spans);
        let accepted = self.lab.accept(Signal::Traces, request.clone())?;
        if let Some(forwarder) = &self.lab.forwarder {
            forwarder.forward(Original {
                signal: Signal::Traces,
                form: Form::Protobuf,
                encoding: None,
                body: request,
            });
        }
        Ok(accepted)
    }

    /// Takes a packet; there is nobody to answer, so what is wrong with it is only counted.
    pub fn take_packet(&self, way: Way, read: Read, packet: &[u8]) {
        let _ = self.counted(way, self.take_foreign(read, packet));
    }
}

/// Bounds what JSON can become in memory, before it is read.
pub fn few_objects(text: &[u8]) -> Result<(), Refused> {
    if text.iter().filter(|byte| **byte == b'{').count() > MOST_OBJECTS {
        return Err(Refused::TooMany(format!(
            "more than {MOST_OBJECTS} JSON objects; send smaller messages"
        )));
    }
    Ok(())
}

/// The spans that could be read. One that could not has no ids, so that it is refused and counted like any other that
/// has none; if none could, its sender is told why.
pub fn each(read: Result<Vec<Result<Span, ReadError>>, ReadError>) -> Result<Vec<Span>, Refused> {
    let read = read.map_err(Refused::malformed)?;
    if let (Some(Err(first)), true) = (read.first(), read.iter().all(Result::is_err)) {
        return Err(Refused::malformed(first));
    }
    let or_without_ids = |span: Result<Span, ReadError>| {
        span.unwrap_or_else(|_| Span {
            trace_id: TraceId::INVALID,
            span_id: SpanId::INVALID,
            ..Span::default()
        })
    };
    Ok(read.into_iter().map(or_without_ids).collect())
}
