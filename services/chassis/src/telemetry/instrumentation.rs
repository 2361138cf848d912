//! Mistakes in the instrumentation of single calls, switched by the request or for a time: the context is not sent along, a call
//! is marked as work of one's own, an id ends up in a span's name.

use std::borrow::Cow;
use std::sync::OnceLock;

use faults::catalogue::{BROKEN_PROPAGATION, EXPLODING_SPAN_NAMES, WRONG_KIND};
use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt};

use super::propagation;
use crate::request::is_struck_by;

/// The service that this process is.
static SERVICE: OnceLock<String> = OnceLock::new();

pub(super) fn is_of(service: &str) {
    SERVICE.get_or_init(|| service.to_owned());
}

/// Whether a fault of this service's telemetry strikes the request that is served here.
fn strikes(fault: &str) -> Option<&'static str> {
    let service = SERVICE.get()?;
    is_struck_by(fault, service).then_some(service.as_str())
}

/// Sends the trace context along with a call.
pub(crate) fn send_along(headers: &mut HeaderMap) {
    match strikes(BROKEN_PROPAGATION.name) {
        None => propagation::inject(&Context::current(), headers),
        Some(service) => forgotten(service),
    }
}

/// The trace context as it is stored with a message.
#[must_use]
pub fn stored_along() -> Option<String> {
    match strikes(BROKEN_PROPAGATION.name) {
        None => crate::span::current_span_context().map(|span| propagation::traceparent(&span)),
        Some(service) => {
            forgotten(service);
            None
        }
    }
}

fn forgotten(service: &'static str) {
    crate::referee::affected_in(&Context::current(), BROKEN_PROPAGATION.name, service);
}

/// A mistake that is made in a span, to be told once the span has an id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mistake {
    fault: &'static str,
    service: &'static str,
}

impl Mistake {
    /// It was made in that context's span.
    pub(crate) fn made_in(self, context: &Context) {
        crate::referee::affected_in(context, self.fault, self.service);
    }
}

/// The kind of a span that waits for somebody else.
pub(crate) fn kind_of_call() -> (SpanKind, Option<Mistake>) {
    match strikes(WRONG_KIND.name) {
        None => (SpanKind::Client, None),
        Some(service) => {
            let fault = WRONG_KIND.name;
            (SpanKind::Internal, Some(Mistake { fault, service }))
        }
    }
}

/// The name of a call's span.
pub(crate) fn name_of_call(method: &http::Method, route: &str, path: &str) -> (String, Option<Mistake>) {
    match strikes(EXPLODING_SPAN_NAMES.name) {
        None => (format!("{method} {route}"), None),
        Some(service) => {
            let fault = EXPLODING_SPAN_NAMES.name;
            (format!("{method} {path}"), Some(Mistake { fault, service }))
        }
    }
}

/// Gives the server span of the request that is served here its name, once it is known what rides with the request.
pub(crate) fn name_server_span(method: &http::Method, uri: &http::Uri) {
    if let Some(service) = strikes(EXPLODING_SPAN_NAMES.name) {
        let asked = uri
            .path_and_query()
            .map_or(uri.path(), http::uri::PathAndQuery::as_str);
        let context = Context::current();
        context
            .span()
            .update_name(Cow::<'static, str>::Owned(format!("{method} {asked}")));
        crate::referee::affected_in(&context, EXPLODING_SPAN_NAMES.name, service);
    }
}
