//! OTLP over HTTP: `POST /v1/traces`, `/v1/metrics`, `/v1/logs`, answered in the form that was sent. What Zipkin's and
//! Jaeger's clients post has other paths and is taken at the same place, so that they need none of their own.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;
use trace::otlp::{json, proto::ExportTraceServiceRequest};

use super::decompress::Encoding;
use super::{Form, Receiver, Refused, Sent, answer, body, jaeger, zipkin};
use crate::arrivals::Way;
use crate::signals::Signal;

/// How many objects a JSON request may have.
const MOST_OBJECTS: usize = 2_000_000;

pub fn routes(receiver: Receiver) -> Router {
    let router = Signal::ALL.into_iter().fold(Router::new(), |router, signal| {
        let receiver = receiver.clone();
        router.route(
            signal.http_path(),
            post(move |request| export(receiver, signal, request)),
        )
    });
    let router = router
        .merge(zipkin::routes(receiver.clone()))
        .merge(jaeger::routes(receiver));
    // Also what is no export at all is answered with a status, as the specification has it of every 4xx and 5xx.
    router
        .fallback(async |request: Request| {
            let path = request.uri().path().chars().take(64).collect();
            let known = "send to /v1/traces, /v1/metrics or /v1/logs, as Zipkin's clients to /api/v2/spans or \
                         /api/v1/spans, as Jaeger's to /api/traces";
            not_an_export(&request, &Refused::Path(path, known))
        })
        .method_not_allowed_fallback(async |request: Request| not_an_export(&request, &Refused::Method))
}

fn not_an_export(request: &Request, refused: &Refused) -> Response {
    refusal(form(request.headers()).unwrap_or(Form::Json), refused)
}

async fn export(receiver: Receiver, signal: Signal, request: Request) -> Response {
    let form = match form(request.headers()) {
        Ok(form) => form,
        // What cannot be read is answered in the form that people can.
        Err(refused) => {
            receiver.lab.arrivals.count(Way::OtlpHttp, refused.ending());
            return refusal(Form::Json, &refused);
        }
    };
    match receiver.counted(Way::OtlpHttp, take(&receiver, signal, form, request).await) {
        Ok(accepted) => {
            let body = match form {
                Form::Protobuf => answer::accepted_protobuf(&accepted),
                Form::Json => answer::accepted_json(signal, &accepted),
            };
            respond(StatusCode::OK, form, body)
        }
        Err(refused) => refusal(form, &refused),
    }
}

async fn take(
    receiver: &Receiver,
    signal: Signal,
    form: Form,
    request: Request,
) -> Result<crate::ingest::Accepted, Refused> {
    let name = text(request.headers(), header::CONTENT_ENCODING).map(str::to_owned);
    let encoding = Encoding::named(name.as_deref())?;
    let body = body::read(request.into_body(), &receiver.pressure).await?;
    receiver
        .take(Sent {
            signal,
            form,
            encoding,
            encoding_name: name,
            body,
        })
        .await
}

/// The form by the content type; parameters such as a charset do not matter.
fn form(headers: &HeaderMap) -> Result<Form, Refused> {
    let content_type = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-protobuf") {
        Ok(Form::Protobuf)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Ok(Form::Json)
    } else {
        Err(Refused::ContentType(essence.chars().take(64).collect()))
    }
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers
        .get(name)
        .map(|value| value.to_str().unwrap_or("(not text)"))
}

fn refusal(form: Form, refused: &Refused) -> Response {
    let body = match form {
        Form::Protobuf => answer::refused_protobuf(refused),
        Form::Json => answer::refused_json(refused),
    };
    let mut response = respond(refused.http_status(), form, body);
    if let Some(seconds) = refused.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn respond(status: StatusCode, form: Form, body: Bytes) -> Response {
    let content_type = match form {
        Form::Protobuf => "application/x-protobuf",
        Form::Json => "application/json",
    };
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A JSON request as the protobuf bytes that everything else works on.
pub fn json_to_protobuf(signal: Signal, text: &[u8]) -> Result<Vec<u8>, Refused> {
    // Three bytes of JSON can become hundreds in memory, so their number is bounded before they are read.
    if text.iter().filter(|byte| **byte == b'{').count() > MOST_OBJECTS {
        return Err(Refused::TooMany(format!(
            "more than {MOST_OBJECTS} JSON objects; send smaller requests"
        )));
    }
    match signal {
        Signal::Traces => {
            let resource_spans = json::read(text).map_err(Refused::malformed)?;
            Ok(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
        }
        Signal::Metrics => serde_json::from_slice::<ExportMetricsServiceRequest>(text)
            .map(|request| request.encode_to_vec())
            .map_err(Refused::malformed),
        Signal::Logs => serde_json::from_slice::<ExportLogsServiceRequest>(text)
            .map(|request| request.encode_to_vec())
            .map_err(Refused::malformed),
    }
}
