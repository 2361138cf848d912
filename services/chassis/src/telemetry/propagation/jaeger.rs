//! Jaeger's own header: <https://www.jaegertracing.io/sdk-migration/#propagation-format>.

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use super::{hexadecimal, remote, set, single};

const HEADER: &str = "uber-trace-id";

pub(super) fn inject(span: &SpanContext, headers: &mut HeaderMap) {
    // The parent's id is deprecated, and written as 0.
    let flags = u8::from(span.is_sampled());
    set(
        headers,
        HEADER,
        &format!("{}:{}:0:{flags}", span.trace_id(), span.span_id()),
    );
}

pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    let text = single(headers, HEADER)?.replace("%3A", ":").replace("%3a", ":");
    let fields: Vec<&str> = text.split(':').collect();
    let [trace, span, _parent, flags] = fields[..] else {
        return None;
    };
    let trace = TraceId::from(padded(trace, 32)?);
    let span = SpanId::from(u64::try_from(padded(span, 16)?).ok()?);
    remote(trace, span, padded(flags, 2)? & 1 == 1)
}

/// Zeros on the left may be left out.
fn padded(text: &str, digits: usize) -> Option<u128> {
    if text.is_empty() || text.len() > digits {
        None
    } else {
        hexadecimal(text, text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, headers};
    use super::*;

    #[test]
    fn the_format_of_the_documentation() {
        let text = "80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1";
        assert_eq!(extract(&headers(&[("uber-trace-id", text)])), Some(example(true)));
        let mut written = HeaderMap::new();
        inject(&example(true), &mut written);
        assert_eq!(written[HEADER], text);
    }

    #[test]
    fn zeros_may_be_missing_and_colons_encoded() {
        let span = extract(&headers(&[(
            "uber-trace-id",
            "53ce929d0e0e4736%3Aea7dbf%3A0%3A3",
        )]))
        .unwrap();
        assert_eq!(span.trace_id().to_string(), "000000000000000053ce929d0e0e4736");
        assert_eq!(span.span_id().to_string(), "0000000000ea7dbf");
        assert!(span.is_sampled());
    }

    #[test]
    fn what_is_not_jaegers_is_refused() {
        for text in [
            "",
            "1:2:3",
            "0:1:0:1",
            "1:0:0:1",
            "1:2:0:x",
            "1:2:0:1:5",
            "180f198ee56343ba864fe8b2a57d3eff7:1:0:1",
        ] {
            assert_eq!(extract(&headers(&[("uber-trace-id", text)])), None, "{text}");
        }
    }
}
