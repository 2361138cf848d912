//! Zipkin's B3 headers, single and multi: <https://github.com/openzipkin/b3-propagation>.

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, TraceId};

use super::{hexadecimal, remote, set, single, span_id, trace_id};

const SINGLE: &str = "b3";
const TRACE: &str = "x-b3-traceid";
const SPAN: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

pub(super) fn inject_single(span: &SpanContext, headers: &mut HeaderMap) {
    let sampled = u8::from(span.is_sampled());
    set(
        headers,
        SINGLE,
        &format!("{}-{}-{sampled}", span.trace_id(), span.span_id()),
    );
}

pub(super) fn inject_multi(span: &SpanContext, headers: &mut HeaderMap) {
    set(headers, TRACE, &span.trace_id().to_string());
    set(headers, SPAN, &span.span_id().to_string());
    set(headers, SAMPLED, if span.is_sampled() { "1" } else { "0" });
}

/// Either form is read, the single one first, as OpenTelemetry asks of both propagators.
pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    single(headers, SINGLE)
        .and_then(parse_single)
        .or_else(|| extract_multi(headers))
}

/// `{trace}-{span}[-{sampled}[-{parent}]]`. A lone sampling decision has no ids, and nothing to be the child of.
fn parse_single(text: &str) -> Option<SpanContext> {
    let mut fields = text.split('-');
    let (trace, span) = (fields.next()?, fields.next()?);
    let sampled = match fields.next() {
        Some("1" | "d") => true,
        // Deferred: the receiver decides, and ours takes what it is not told to leave.
        None => true,
        Some("0") => false,
        Some(_) => return None,
    };
    if let Some(parent) = fields.next() {
        span_id(parent)?;
    }
    if fields.next().is_some() {
        return None;
    }
    remote(long_or_short(trace)?, span_id(span)?, sampled)
}

fn extract_multi(headers: &HeaderMap) -> Option<SpanContext> {
    let debug = single(headers, FLAGS) == Some("1");
    let sampled = match single(headers, SAMPLED) {
        None => true,
        Some("1" | "true") => true,
        Some("0" | "false") => debug,
        Some(_) => return None,
    };
    remote(
        long_or_short(single(headers, TRACE)?)?,
        span_id(single(headers, SPAN)?)?,
        sampled,
    )
}

/// A trace id of 32 digits, or of 16, which stands for one with zeros on the left.
fn long_or_short(text: &str) -> Option<TraceId> {
    trace_id(text).or_else(|| hexadecimal(text, 16).map(TraceId::from))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, headers};
    use super::*;

    // The ids of the examples in the B3 documentation.
    const ID: &str = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1";

    #[test]
    fn the_single_header_of_the_documentation() {
        for (text, sampled) in [
            (format!("{ID}-1-05e3ac9a4f6e3b90"), true),
            (format!("{ID}-d"), true),
            (format!("{ID}-0"), false),
            (ID.to_owned(), true),
        ] {
            assert_eq!(
                extract(&headers(&[("b3", &text)])),
                Some(example(sampled)),
                "{text}"
            );
        }
        let mut written = HeaderMap::new();
        inject_single(&example(true), &mut written);
        assert_eq!(written[SINGLE], format!("{ID}-1"));
    }

    #[test]
    fn the_headers_of_the_documentation() {
        let given = headers(&[
            ("X-B3-TraceId", "80f198ee56343ba864fe8b2a57d3eff7"),
            ("X-B3-ParentSpanId", "05e3ac9a4f6e3b90"),
            ("X-B3-SpanId", "e457b5a2e4d86bd1"),
            ("X-B3-Sampled", "1"),
        ]);
        assert_eq!(extract(&given), Some(example(true)));
        let mut written = HeaderMap::new();
        inject_multi(&example(false), &mut written);
        assert_eq!(written[TRACE], "80f198ee56343ba864fe8b2a57d3eff7");
        assert_eq!(written[SPAN], "e457b5a2e4d86bd1");
        assert_eq!(written[SAMPLED], "0");
    }

    #[test]
    fn short_trace_ids_and_the_debug_flag() {
        let short = extract(&headers(&[("b3", "64fe8b2a57d3eff7-e457b5a2e4d86bd1-1")])).unwrap();
        assert_eq!(short.trace_id().to_string(), "000000000000000064fe8b2a57d3eff7");
        let debug = headers(&[
            ("x-b3-traceid", "64fe8b2a57d3eff7"),
            ("x-b3-spanid", "e457b5a2e4d86bd1"),
            ("x-b3-flags", "1"),
        ]);
        assert!(extract(&debug).unwrap().is_sampled());
    }

    #[test]
    fn what_is_not_b3_is_refused() {
        for text in [
            "0",
            "",
            "x-y-1",
            &format!("{ID}-7"),
            &format!("{ID}-1-short"),
            &format!("{ID}-1-05e3ac9a4f6e3b90-x"),
        ] {
            assert_eq!(extract(&headers(&[("b3", text)])), None, "{text}");
        }
    }
}
