//! Zipkin's collector: `POST /api/v2/spans` in JSON and protobuf, and `/api/v1/spans` in JSON and Thrift. What is not said to be
//! something else is JSON, as in Zipkin's own server: old clients say nothing, and browsers say `text/plain`.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use trace::formats::zipkin;

use super::foreign::{self, Read, each, few_objects};
use super::jaeger::refused as thrift_refused;
use super::{Receiver, Refused, http};
use crate::arrivals::Way;

pub fn routes(receiver: Receiver) -> Router {
    let v1 = receiver.clone();
    Router::new()
        .route(
            "/api/v2/spans",
            post(move |request: Request| foreign::post(receiver, Way::Zipkin, v2_form, request)),
        )
        .route(
            "/api/v1/spans",
            post(move |request: Request| foreign::post(v1, Way::Zipkin, v1_form, request)),
        )
}

fn v2_form(headers: &HeaderMap) -> Result<Read, Refused> {
    match essence(headers) {
        "application/x-protobuf" => Ok(|message| each(zipkin::proto::read_each(message))),
        _ => Ok(|message| {
            few_objects(message)?;
            each(zipkin::read_each(message))
        }),
    }
}

fn v1_form(headers: &HeaderMap) -> Result<Read, Refused> {
    match essence(headers) {
        "application/x-thrift" => Ok(|message| zipkin::thrift::read(message).map_err(thrift_refused)),
        "application/x-protobuf" => Err(Refused::Form(
            "application/x-protobuf".to_owned(),
            "JSON or Thrift, or protobuf to /api/v2/spans",
        )),
        _ => Ok(|message| {
            few_objects(message)?;
            each(zipkin::v1::read_each(message))
        }),
    }
}

fn essence(headers: &HeaderMap) -> &str {
    let content_type = http::text(headers, header::CONTENT_TYPE).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
