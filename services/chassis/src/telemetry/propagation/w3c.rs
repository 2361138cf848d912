//! W3C Trace Context, level 1: <https://www.w3.org/TR/trace-context-1/>.

use std::str::FromStr;

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, TraceState};

use super::{hexadecimal, remote, set, single, span_id, trace_id};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

pub(super) fn inject(span: &SpanContext, headers: &mut HeaderMap) {
    set(headers, TRACEPARENT, &traceparent(span));
    let state = span.trace_state().header();
    if !state.is_empty() {
        set(headers, TRACESTATE, &state);
    }
}

pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    let span = parse_traceparent(single(headers, TRACEPARENT)?)?;
    let lines = headers
        .get_all(TRACESTATE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let joined = lines.collect::<Vec<_>>().join(",");
    // A broken tracestate does not invalidate the traceparent.
    let state = TraceState::from_str(&joined).unwrap_or_default();
    Some(SpanContext::new(
        span.trace_id(),
        span.span_id(),
        span.trace_flags(),
        true,
        state,
    ))
}

/// A span's identity as a W3C `traceparent`, also to be stored with a message.
#[must_use]
pub fn traceparent(span: &SpanContext) -> String {
    let flags = u8::from(span.is_sampled());
    format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id())
}

/// A span's identity from a W3C `traceparent`; none when it is not valid.
#[must_use]
pub fn parse_traceparent(text: &str) -> Option<SpanContext> {
    let mut fields = text.split('-');
    let version = fields.next()?;
    let (trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?);
    let lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    // Version ff is forbidden; version 00 has exactly four fields; a later one may have more.
    if !lower || hexadecimal(version, 2)? == 0xff || (version == "00" && fields.next().is_some()) {
        return None;
    }
    remote(trace_id(trace)?, span_id(span)?, hexadecimal(flags, 2)? & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::headers;
    use super::*;

    // The example of the specification's section 3.2.4.
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_specification() {
        let span = extract(&headers(&[
            ("traceparent", EXAMPLE),
            ("tracestate", "congo=t61rcWkgMzE"),
        ]))
        .unwrap();
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
        assert!(span.is_sampled() && span.is_remote());
        assert_eq!(span.trace_state().get("congo"), Some("t61rcWkgMzE"));
        let mut written = HeaderMap::new();
        inject(&span, &mut written);
        assert_eq!(written[TRACEPARENT], EXAMPLE);
        assert_eq!(written[TRACESTATE], "congo=t61rcWkgMzE");
    }

    #[test]
    fn several_tracestate_lines_are_one_list() {
        let given = headers(&[
            ("traceparent", EXAMPLE),
            ("tracestate", "rojo=1"),
            ("tracestate", "congo=2"),
        ]);
        assert_eq!(extract(&given).unwrap().trace_state().header(), "rojo=1,congo=2");
    }

    #[test]
    fn what_the_w3c_test_suite_refuses_is_refused() {
        for text in [
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "",
        ] {
            assert_eq!(parse_traceparent(text), None, "{text}");
        }
        assert!(extract(&headers(&[("traceparent", EXAMPLE), ("traceparent", EXAMPLE)])).is_none());
    }

    #[test]
    fn a_later_version_may_say_more() {
        let text = "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like";
        assert!(parse_traceparent(text).unwrap().is_sampled());
        let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02";
        assert!(!parse_traceparent(unsampled).unwrap().is_sampled());
    }
}
