//! What the server span and the duration metric say about a request.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use http::{HeaderMap, StatusCode, Version, header};
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};

use super::Server;
use crate::client::method_name;
use crate::span::{ActiveSpan, Builder};
use crate::telemetry::metrics;

/// What the server span and the metric say alike.
pub(super) struct Attributes {
    method: &'static str,
    route: Option<String>,
    common: Vec<KeyValue>,
}

impl Attributes {
    pub(super) fn of(server: &Server, request: &Request) -> Self {
        let method = method_name(request.method());
        let route = request
            .extensions()
            .get::<MatchedPath>()
            .map(|path| path.as_str().to_owned());
        let (address, port) = authority(request.headers(), server.address);
        let mut common = Vec::with_capacity(8);
        common.push(KeyValue::new("http.request.method", method));
        common.push(KeyValue::new("url.scheme", "http"));
        common.push(KeyValue::new("server.address", address));
        common.push(KeyValue::new("server.port", i64::from(port)));
        if let Some(version) = protocol_version(request.version()) {
            common.push(KeyValue::new("network.protocol.version", version));
        }
        if let Some(route) = &route {
            common.push(KeyValue::new("http.route", route.clone()));
        }
        Self {
            method,
            route,
            common,
        }
    }

    pub(super) fn start_span(&self, request: &Request, parent: Context) -> ActiveSpan {
        let shown = if self.method == "_OTHER" {
            "HTTP"
        } else {
            self.method
        };
        let builder = match &self.route {
            Some(route) => Builder::new(format!("{shown} {route}"), SpanKind::Server),
            None => Builder::new(shown, SpanKind::Server),
        };
        let mut attributes = Vec::with_capacity(self.common.len() + 4);
        attributes.extend_from_slice(&self.common);
        attributes.push(KeyValue::new("url.path", request.uri().path().to_owned()));
        if let Some(query) = request.uri().query() {
            attributes.push(KeyValue::new("url.query", query.to_owned()));
        }
        if let Some(agent) = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
        {
            attributes.push(KeyValue::new("user_agent.original", agent.to_owned()));
        }
        builder.attributes(attributes).child_of(parent).start()
    }

    /// A 4xx is the client's error, and none of this span's.
    pub(super) fn finish(
        mut self,
        span: &ActiveSpan,
        began: Instant,
        status: StatusCode,
        failure: Option<&'static str>,
    ) {
        let code = KeyValue::new("http.response.status_code", i64::from(status.as_u16()));
        span.set(code.key.clone(), code.value.clone());
        self.common.push(code);
        if status.is_server_error() {
            let kind = failure.map_or_else(|| status.as_str().to_owned(), str::to_owned);
            self.common.push(KeyValue::new("error.type", kind.clone()));
            span.fail(kind, "");
        }
        self.common
            .retain(|attribute| !attribute.key.as_str().starts_with("server."));
        metrics::request_served(began.elapsed(), &self.common);
    }
}

/// Whom the client believes it talks to.
fn authority(headers: &HeaderMap, own: SocketAddr) -> (String, u16) {
    let named = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<http::uri::Authority>().ok());
    match named {
        Some(authority) => (authority.host().to_owned(), authority.port_u16().unwrap_or(80)),
        None => (own.ip().to_string(), own.port()),
    }
}

fn protocol_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        _ => None,
    }
}
