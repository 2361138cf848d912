//! Tells the referee which faults were applied, and nobody else: not the trace, not the log.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use faults::truth::{Applied, Role};
use opentelemetry::trace::SpanId;
use referee::client::Referee;

use crate::request::Faults;

static REFEREE: OnceLock<Referee> = OnceLock::new();

/// Starts telling the referee that the environment names (`FAULTMART_REFEREE`), if it names one.
pub(crate) fn start(service: &str) {
    REFEREE.get_or_init(|| Referee::from_environment(service));
}

/// Reports a fault that was applied to the request that is being served here.
///
/// `fault` is the catalogue's name, `at` the operation, `effect` the measured effect in the fault's unit, `span_ids` the
/// spans in which it can be seen, the one that covers the mechanism first. Nothing happens when there is no referee.
pub fn applied(fault: &'static str, at: &str, role: Role, effect: f64, span_ids: &[SpanId]) {
    let Some(referee) = REFEREE.get() else {
        return;
    };
    referee.send(Applied {
        trace_id: crate::span::current_trace_id().map_or([0; 16], |trace_id| trace_id.to_bytes()),
        span_ids: span_ids.iter().map(|span_id| span_id.to_bytes()).collect(),
        sequence: Faults::current().sequence,
        fault,
        at: at.to_owned(),
        role,
        effect,
        at_unix_ns: unix_nanoseconds(SystemTime::now()),
    });
}

/// Delivers what is left, within `patience`. Returns how many reports were lost.
pub(crate) fn flush(patience: Duration) -> u64 {
    REFEREE.get().map_or(0, |referee| referee.shutdown(patience))
}

fn unix_nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
}
