//! The AWS X-Ray tracing header: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.

use http::HeaderMap;
use opentelemetry::trace::SpanContext;

use super::{remote, set, single, span_id, trace_id};

const HEADER: &str = "x-amzn-trace-id";

pub(super) fn inject(span: &SpanContext, headers: &mut HeaderMap) {
    let trace = span.trace_id().to_string();
    let (time, unique) = trace.split_at(8);
    let sampled = u8::from(span.is_sampled());
    set(
        headers,
        HEADER,
        &format!(
            "Root=1-{time}-{unique};Parent={};Sampled={sampled}",
            span.span_id()
        ),
    );
}

pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    let (mut root, mut parent, mut sampled) = (None, None, false);
    for field in single(headers, HEADER)?.split(';') {
        match field.trim().split_once('=')? {
            ("Root", value) => root = Some(value),
            ("Parent", value) => parent = Some(value),
            ("Sampled", value) => sampled = value == "1",
            _ => {}
        }
    }
    let (time, unique) = root?.strip_prefix("1-")?.split_once('-')?;
    if time.len() != 8 {
        return None;
    }
    remote(trace_id(&format!("{time}{unique}"))?, span_id(parent?)?, sampled)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, headers};
    use super::*;

    #[test]
    fn the_header_of_the_documentation() {
        let text = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let span = extract(&headers(&[("X-Amzn-Trace-Id", text)])).unwrap();
        assert_eq!(span.trace_id().to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!(span.span_id().to_string(), "53995c3f42cd8ad8");
        assert!(span.is_sampled());
        let mut written = HeaderMap::new();
        inject(&span, &mut written);
        assert_eq!(written[HEADER], text);
    }

    #[test]
    fn fields_in_any_order_and_unknown_ones() {
        let text = "Self=1-67891234-12456789abcdef012345678; Sampled=0; Parent=e457b5a2e4d86bd1; Root=1-80f198ee-56343ba864fe8b2a57d3eff7";
        assert_eq!(
            extract(&headers(&[("x-amzn-trace-id", text)])),
            Some(example(false))
        );
    }

    #[test]
    fn what_is_not_x_rays_is_refused() {
        for text in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e98-8bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=short",
        ] {
            assert_eq!(extract(&headers(&[("x-amzn-trace-id", text)])), None, "{text}");
        }
    }
}
