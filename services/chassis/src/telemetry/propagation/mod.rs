//! How the trace context travels in headers: which formats, and in which order.
//!
//! Baggage is not here. It is forwarded as it came (see [`crate::client`]), whatever `OTEL_PROPAGATORS` says.

mod b3;
mod jaeger;
mod w3c;
mod xray;

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

pub use w3c::{parse_traceparent, traceparent};

/// A way to write the trace context into headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `traceparent` and `tracestate`.
    TraceContext,
    /// `b3`.
    B3,
    /// `X-B3-TraceId` and its like.
    B3Multi,
    /// `uber-trace-id`.
    Jaeger,
    /// `X-Amzn-Trace-Id`.
    XRay,
}

static FORMATS: OnceLock<Vec<Format>> = OnceLock::new();

impl Format {
    /// The formats of an `OTEL_PROPAGATORS` list; none when a name in it is unknown. `baggage` names no format of the
    /// trace context, and `none` turns them all off.
    pub(super) fn list(text: &str) -> Option<Vec<Self>> {
        let mut formats = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let format = match name {
                "tracecontext" => Self::TraceContext,
                "b3" => Self::B3,
                "b3multi" => Self::B3Multi,
                "jaeger" => Self::Jaeger,
                "xray" => Self::XRay,
                "baggage" | "none" => continue,
                _ => return None,
            };
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Some(formats)
    }

    fn inject(self, span: &SpanContext, headers: &mut HeaderMap) {
        match self {
            Self::TraceContext => w3c::inject(span, headers),
            Self::B3 => b3::inject_single(span, headers),
            Self::B3Multi => b3::inject_multi(span, headers),
            Self::Jaeger => jaeger::inject(span, headers),
            Self::XRay => xray::inject(span, headers),
        }
    }

    fn extract(self, headers: &HeaderMap) -> Option<SpanContext> {
        match self {
            Self::TraceContext => w3c::extract(headers),
            Self::B3 | Self::B3Multi => b3::extract(headers),
            Self::Jaeger => jaeger::extract(headers),
            Self::XRay => xray::extract(headers),
        }
    }
}

/// Sets the formats of this process, once.
pub(super) fn configure(formats: &[Format]) {
    FORMATS.get_or_init(|| formats.to_vec());
}

fn formats() -> &'static [Format] {
    FORMATS.get().map_or(&[Format::TraceContext], Vec::as_slice)
}

/// Writes the current span's identity into the headers of a request, in each configured format.
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    let span = context.span();
    if span.span_context().is_valid() {
        for format in formats() {
            format.inject(span.span_context(), headers);
        }
    }
}

/// The caller's span, from the headers of its request. Where several configured formats are there, the last one counts, as
/// in OpenTelemetry's composite propagator.
#[must_use]
pub fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    formats().iter().rev().find_map(|format| format.extract(headers))
}

/// The one value of a header; none when it is missing, repeated or not text.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value.trim())
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A remote span, if both ids are valid.
fn remote(trace_id: TraceId, span_id: SpanId, sampled: bool) -> Option<SpanContext> {
    let flags = TraceFlags::default().with_sampled(sampled);
    Some(SpanContext::new(
        trace_id,
        span_id,
        flags,
        true,
        TraceState::default(),
    ))
    .filter(SpanContext::is_valid)
}

/// An id of exactly that many hexadecimal digits; unlike `from_str_radix`, without a sign.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

/// A trace id of 32 digits.
fn trace_id(text: &str) -> Option<TraceId> {
    hexadecimal(text, 32).map(TraceId::from)
}

/// A span id of 16 digits.
fn span_id(text: &str) -> Option<SpanId> {
    hexadecimal(text, 16)
        .and_then(|id| u64::try_from(id).ok())
        .map(SpanId::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    pub(super) fn example(sampled: bool) -> SpanContext {
        remote(
            trace_id("80f198ee56343ba864fe8b2a57d3eff7").unwrap(),
            span_id("e457b5a2e4d86bd1").unwrap(),
            sampled,
        )
        .unwrap()
    }

    #[test]
    fn every_format_reads_what_it_writes() {
        for format in [
            Format::TraceContext,
            Format::B3,
            Format::B3Multi,
            Format::Jaeger,
            Format::XRay,
        ] {
            for sampled in [true, false] {
                let mut headers = HeaderMap::new();
                format.inject(&example(sampled), &mut headers);
                assert_eq!(format.extract(&headers), Some(example(sampled)), "{format:?}");
            }
        }
    }

    #[test]
    fn a_list_names_formats_and_unknown_names_are_refused() {
        assert_eq!(
            Format::list("tracecontext,baggage"),
            Some(vec![Format::TraceContext])
        );
        assert_eq!(Format::list("b3, xray,b3"), Some(vec![Format::B3, Format::XRay]));
        assert_eq!(Format::list("none"), Some(vec![]));
        assert_eq!(Format::list("tracecontext,ottrace"), None);
    }
}
