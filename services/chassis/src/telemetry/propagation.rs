//! How the trace context travels in headers.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::SpanContext;

/// Writes the current span's identity into the headers of a request, in each configured format.
pub fn inject(_context: &Context, _headers: &mut HeaderMap) {}

/// The caller's span, from the headers of its request, in the first configured format that is there.
#[must_use]
pub fn extract(_headers: &HeaderMap) -> Option<SpanContext> {
    None
}

/// A span's identity as a W3C `traceparent`, to be stored with a message.
#[must_use]
pub fn traceparent(_span_context: &SpanContext) -> String {
    String::new()
}

/// A span's identity from a W3C `traceparent`, as stored with a message.
#[must_use]
pub fn parse_traceparent(_text: &str) -> Option<SpanContext> {
    None
}
