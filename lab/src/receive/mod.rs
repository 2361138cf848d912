//! The ways in. OTLP's two, HTTP and gRPC, follow the rules of its specification; the older protocols ([`beside`])
//! become OTLP at the door, so that everything behind knows one form. All bodies are bounded.

mod answer;
pub mod beside;
mod body;
mod datagrams;
mod decompress;
mod foreign;
mod grpc;
mod http;
mod jaeger;
mod refused;
mod xray;
mod zipkin;

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;

use crate::arrivals::{Ending, Way};
use crate::forward::Original;
use crate::ingest::{Accepted, Lab};
use crate::signals::Signal;
use body::Held;
pub use body::Pressure;
use decompress::Encoding;
pub use refused::Refused;

/// The most bytes of a request, before and after decompression.
pub const LARGEST: usize = 64 << 20;

/// What both ways in need.
#[derive(Clone)]
pub struct Receiver {
    pub lab: Arc<Lab>,
    pub pressure: Arc<Pressure>,
}

/// The routes of OTLP over HTTP.
pub fn http_routes(receiver: Receiver) -> Router {
    http::routes(receiver)
}

/// The routes of OTLP over gRPC.
pub fn grpc_routes(receiver: Receiver) -> Router {
    grpc::routes(receiver)
}

/// In what form a request's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Protobuf,
    Json,
}

/// A request as it came.
struct Sent {
    signal: Signal,
    form: Form,
    encoding: Encoding,
    /// The encoding by its header, for the copy that is forwarded.
    encoding_name: Option<String>,
    body: Held,
}

/// What is larger, or compressed, is worked on where it does not keep other requests waiting. So much takes half a
/// millisecond, and waking another thread would cost a good part of that.
const SMALL: usize = 512 << 10;

impl Receiver {
    /// Counts how a message ended.
    fn counted(&self, way: Way, result: Result<Accepted, Refused>) -> Result<Accepted, Refused> {
        let ending = match &result {
            Ok(accepted) => Ending::Taken {
                spans_rejected: accepted.rejected,
            },
            Err(refused) => refused.ending(),
        };
        self.lab.arrivals.count(way, ending);
        result
    }

    async fn take(&self, sent: Sent) -> Result<Accepted, Refused> {
        if sent.encoding == Encoding::Identity && sent.body.len() <= SMALL {
            return self.take_now(sent);
        }
        let receiver = self.clone();
        let task = tokio::task::spawn_blocking(move || receiver.take_now(sent));
        task.await.unwrap_or(Err(Refused::Internal))
    }

    fn take_now(&self, sent: Sent) -> Result<Accepted, Refused> {
        let Sent {
            signal,
            form,
            encoding,
            encoding_name,
            body,
        } = sent;
        // Counted as long as the request is worked on, so that many at once are refused and not swapped out.
        let (_compressed, original) = (body.hold, body.bytes);
        let plain = match encoding {
            Encoding::Identity => Held {
                bytes: original.clone(),
                hold: self.pressure.hold(),
            },
            _ => decompress::decompress(encoding, &original, self.pressure.hold())?,
        };
        let message = match form {
            Form::Protobuf => plain.bytes,
            Form::Json => Bytes::from(http::json_to_protobuf(signal, &plain.bytes)?),
        };
        let accepted = self.lab.accept(signal, message)?;
        if let Some(forwarder) = &self.lab.forwarder {
            forwarder.forward(Original {
                signal,
                form,
                encoding: encoding_name,
                body: original,
            });
        }
        Ok(accepted)
    }
}
