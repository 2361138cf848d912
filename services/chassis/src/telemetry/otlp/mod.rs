//! Sending OTLP, one attempt at a time, with an honest answer about what became of it.

mod console;
mod deliveries;
mod grpc;
mod http;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::configuration::{Destination, Endpoint, Protocol};
use crate::failure::Failure;

pub(super) use deliveries::Deliveries;
pub(super) use http::SharedClient;

/// The pause before the first retry; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is sent.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// How many items the receiver says it rejected of a request that it took.
pub(super) type Rejected = u64;

/// Why a request was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendError {
    /// It did not arrive, and may be sent again: no connection, or a status that the OTLP specification calls retryable.
    Again {
        /// The pause that the receiver asks for.
        after: Option<Duration>,
        reason: String,
    },
    /// It did not arrive, and never will.
    Refused(String),
    /// It may have arrived: the answer did not come. Sending it again might make duplicates.
    Unknown(String),
}

impl SendError {
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Again { reason, .. } | Self::Refused(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// One attempt at sending. Blocks; must not be called on an async runtime's thread.
pub(super) trait Transport: Send + Sync + Debug {
    fn send(&self, request: &Request) -> Result<Rejected, SendError>;
}

/// The transport to that destination; none when the signal goes nowhere.
pub(super) fn connect(
    (destination, endpoint): &(Destination, Endpoint),
    client: &SharedClient,
) -> Result<Option<Arc<dyn Transport>>, Failure> {
    Ok(match (destination, endpoint.protocol) {
        (Destination::None, _) => None,
        (Destination::Console, _) => Some(Arc::new(console::Console)),
        (Destination::Otlp, Protocol::HttpProtobuf) => Some(Arc::new(http::Http::new(endpoint, client)?)),
        (Destination::Otlp, Protocol::Grpc) => Some(Arc::new(grpc::Grpc::new(endpoint)?)),
    })
}

/// Sends until the request is taken, refused, of unknown fate, or `patience` is over. `pause` sleeps, and says false when
/// there is no time left for another attempt.
pub(super) fn deliver(
    transport: &dyn Transport,
    request: &Request,
    patience: Duration,
    mut pause: impl FnMut(Duration) -> bool,
) -> Result<Rejected, SendError> {
    let give_up_at = Instant::now() + patience;
    let mut usual = FIRST_PAUSE;
    loop {
        let error = match transport.send(request) {
            Err(SendError::Again { after, reason }) => (after, reason),
            settled => return settled,
        };
        let (after, reason) = error;
        let wait = after.unwrap_or(usual);
        usual = (usual * 2).min(LONGEST_PAUSE);
        if Instant::now() + wait >= give_up_at || !pause(wait) {
            return Err(SendError::Refused(reason));
        }
    }
}
