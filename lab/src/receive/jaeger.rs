//! Jaeger's collector and agent, as its own clients speak to them: batches in Thrift, posted or in packets.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use trace::Span;
use trace::formats::jaeger::thrift;
use trace::formats::thrift::{Encoding, Malformed};

use super::foreign::{self, Read};
use super::{Receiver, Refused, http};
use crate::arrivals::Way;

/// `POST /api/traces`, with or without `?format=jaeger.thrift`.
pub fn routes(receiver: Receiver) -> Router {
    Router::new().route(
        "/api/traces",
        post(move |request: Request| foreign::post(receiver, Way::JaegerHttp, form, request)),
    )
}

fn form(headers: &HeaderMap) -> Result<Read, Refused> {
    let content_type = http::text(headers, header::CONTENT_TYPE).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim() {
        "application/x-thrift" | "application/vnd.apache.thrift.binary" => Ok(batch),
        unknown => Err(Refused::Form(
            unknown.chars().take(64).collect(),
            "application/x-thrift",
        )),
    }
}

fn batch(message: &[u8]) -> Result<Vec<Span>, Refused> {
    thrift::batch(message, Encoding::Binary).map_err(refused)
}

/// A packet to the agent's port for the compact encoding.
pub fn compact(packet: &[u8]) -> Result<Vec<Span>, Refused> {
    thrift::packet(packet, Encoding::Compact).map_err(refused)
}

/// A packet to the agent's port for the binary encoding.
pub fn binary(packet: &[u8]) -> Result<Vec<Span>, Refused> {
    thrift::packet(packet, Encoding::Binary).map_err(refused)
}

/// What is wrong with a message in Thrift.
pub fn refused(error: Malformed) -> Refused {
    match error {
        Malformed::TooMany => Refused::TooMany(error.to_string()),
        _ => Refused::malformed(error),
    }
}
