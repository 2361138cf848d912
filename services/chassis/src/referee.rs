//! Tells the referee which faults were applied, and nobody else: not the trace, not the log.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use faults::truth::{Applied, Role};
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use referee::client::Referee;

use crate::request::{Faults, Scope};

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
    if REFEREE.get().is_some() {
        let trace = crate::span::current_trace_id().unwrap_or(TraceId::INVALID);
        let sequence = Faults::current().sequence;
        send(sequence, trace, span_ids, fault, at, role, effect);
    }
}

/// Reports that a fault of the telemetry made a span wrong that is sent, or not sent, on behalf of no request that is known here;
/// the referee finds the request by its trace.
pub(crate) fn span_affected(fault: &'static str, at: &str, trace: TraceId, span: Option<SpanId>) {
    send(None, trace, span.as_slice(), fault, at, Role::Culprit, 1.0);
}

/// Reports that a fault of the telemetry made that context's span wrong.
pub(crate) fn affected_in(context: &Context, fault: &'static str, at: &str) {
    let span = context.span().span_context().clone();
    let sequence = context.get::<Scope>().and_then(|scope| scope.faults().sequence);
    send(
        sequence,
        span.trace_id(),
        &[span.span_id()],
        fault,
        at,
        Role::Culprit,
        1.0,
    );
}

fn send(
    sequence: Option<u64>,
    trace: TraceId,
    spans: &[SpanId],
    fault: &'static str,
    at: &str,
    role: Role,
    effect: f64,
) {
    let Some(referee) = REFEREE.get() else {
        return;
    };
    referee.send(Applied {
        trace_id: trace.to_bytes(),
        span_ids: spans.iter().map(|span_id| span_id.to_bytes()).collect(),
        sequence,
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
