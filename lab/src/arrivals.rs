//! What came in by which protocol: messages, and what became of them. The spans themselves are counted in
//! [`counts`](crate::counts) once they are OTLP; here is what only the way in can tell, above all of packets, whose
//! senders are never told that something was wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::kernel_drops::Socket;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    OtlpHttp,
    OtlpGrpc,
    Zipkin,
    JaegerHttp,
    JaegerCompact,
    JaegerBinary,
    Xray,
}

impl Way {
    pub const ALL: [Self; 7] = [
        Self::OtlpHttp,
        Self::OtlpGrpc,
        Self::Zipkin,
        Self::JaegerHttp,
        Self::JaegerCompact,
        Self::JaegerBinary,
        Self::Xray,
    ];

    /// What it is called in answers and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtlpHttp => "otlp-http",
            Self::OtlpGrpc => "otlp-grpc",
            Self::Zipkin => "zipkin",
            Self::JaegerHttp => "jaeger-http",
            Self::JaegerCompact => "jaeger-compact",
            Self::JaegerBinary => "jaeger-binary",
            Self::Xray => "xray",
        }
    }
}

/// The messages of one way in: requests or packets.
///
/// messages = taken + malformed + busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Messages {
    /// All that came.
    pub messages: u64,
    /// Of these, those that were taken, if perhaps without some of their spans.
    pub taken: u64,
    /// Those that were refused as a whole for what they were: cut short, too large, not this protocol.
    pub malformed: u64,
    /// Those that were refused because too much was under way. A packet is lost then, a request is sent again.
    pub busy: u64,
    /// Spans refused one by one in messages that were taken.
    pub spans_rejected: u64,
    /// Packets that the kernel dropped because they were not fetched in time, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_drops: Option<u64>,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Taken, with this many of its spans refused.
    Taken {
        spans_rejected: u64,
    },
    Malformed,
    Busy,
}

#[derive(Debug, Default)]
struct Counters {
    taken: AtomicU64,
    malformed: AtomicU64,
    busy: AtomicU64,
    spans_rejected: AtomicU64,
}

/// The counts of all ways in.
#[derive(Debug, Default)]
pub struct Arrivals {
    ways: [Counters; Way::ALL.len()],
    sockets: Mutex<Vec<(Way, Socket)>>,
}

impl Arrivals {
    /// Counts a message.
    pub fn count(&self, way: Way, ending: Ending) {
        let counters = &self.ways[way as usize];
        let counter = match ending {
            Ending::Taken { spans_rejected } => {
                counters
                    .spans_rejected
                    .fetch_add(spans_rejected, Ordering::Relaxed);
                &counters.taken
            }
            Ending::Malformed => &counters.malformed,
            Ending::Busy => &counters.busy,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers whose drops are to be asked of the kernel.
    pub fn watch(&self, way: Way, socket: Socket) {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.push((way, socket));
    }

    /// The counts by the protocols' names.
    pub fn snapshot(&self) -> BTreeMap<&'static str, Messages> {
        let sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |way: Way| {
            let counters = &self.ways[way as usize];
            let [taken, malformed, busy, spans_rejected] = [
                &counters.taken,
                &counters.malformed,
                &counters.busy,
                &counters.spans_rejected,
            ]
            .map(|counter| counter.load(Ordering::Relaxed));
            Messages {
                messages: taken + malformed + busy,
                taken,
                malformed,
                busy,
                spans_rejected,
                kernel_drops: sockets
                    .iter()
                    .find(|(watched, _)| *watched == way)
                    .and_then(|(_, socket)| socket.drops()),
            }
        };
        Way::ALL.into_iter().map(|way| (way.name(), of(way))).collect()
    }
}
