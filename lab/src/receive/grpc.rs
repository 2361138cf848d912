//! OTLP over gRPC. Its calls are unary, one framed message each way, so the framing is done here: then both ways in
//! have the same limits, and a request's bytes are scanned as they came where generated code would first build them.
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};

use super::body::Held;
use super::decompress::Encoding;
use super::{Form, Receiver, Refused, Sent, answer, body};
use crate::arrivals::Way;
use crate::ingest::Accepted;
use crate::signals::Signal;

/// A message's flag and length.
const FRAME_HEADER: usize = 5;

pub fn routes(receiver: Receiver) -> Router {
    let router = Signal::ALL.into_iter().fold(Router::new(), |router, signal| {
        let receiver = receiver.clone();
        router.route(
            signal.grpc_path(),
            post(move |request| export(receiver, signal, request)),
        )
    });
    router.fallback(|| async { failed(super::refused::Code::Unimplemented as i32, "no such method") })
}

async fn export(receiver: Receiver, signal: Signal, request: Request) -> Response {
    match receiver.counted(Way::OtlpGrpc, take(&receiver, signal, request).await) {
        Ok(accepted) => success(&answer::accepted_protobuf(&accepted)),
        Err(refused) => refusal(&refused),
    }
}

async fn take(receiver: &Receiver, signal: Signal, request: Request) -> Result<Accepted, Refused> {
    let headers = request.headers();
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !matches!(content_type, "application/grpc" | "application/grpc+proto") {
        return Err(Refused::ContentType(content_type.chars().take(64).collect()));
    }
    let name = headers
        .get("grpc-encoding")
        .map(|value| value.to_str().unwrap_or("(not text)").to_owned());
    let encoding = Encoding::named(name.as_deref())?;
    let held = body::read(request.into_body(), &receiver.pressure).await?;
    let (compressed, message) = unframe(held.bytes)?;
    if compressed && encoding == Encoding::Identity {
        return Err(Refused::malformed(
            "the message is compressed and grpc-encoding does not say how",
        ));
    }
    let (encoding, encoding_name) = if compressed {
        (encoding, name)
    } else {
        (Encoding::Identity, None)
    };
    let body = Held {
        bytes: message,
        hold: held.hold,
    };
    receiver
        .take(Sent {
            signal,
            form: Form::Protobuf,
            encoding,
            encoding_name,
            body,
        })
        .await
}

/// The one message of a unary call, and whether it is compressed.
fn unframe(mut body: Bytes) -> Result<(bool, Bytes), Refused> {
    if body.len() < FRAME_HEADER {
        return Err(Refused::malformed("the call has no message"));
    }
    let header = body.split_to(FRAME_HEADER);
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
    match header[0] {
        _ if length != body.len() => Err(Refused::malformed("the message's length is wrong")),
        0 => Ok((false, body)),
        1 => Ok((true, body)),
        _ => Err(Refused::malformed("the message's flag is neither 0 nor 1")),
    }
}

fn success(message: &[u8]) -> Response {
    let mut frame = BytesMut::with_capacity(FRAME_HEADER + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    response(Body::new(
        Full::new(frame.freeze()).with_trailers(async { Some(Ok(trailers)) }),
    ))
}

/// What failed, and, where it is worth to try again, after how long: gRPC's header for a whole status has that.
fn refusal(refused: &Refused) -> Response {
    let mut response = failed(refused.code() as i32, &refused.to_string());
    if refused.retry_after_seconds().is_some() {
        let status = STANDARD_NO_PAD.encode(answer::refused_protobuf(refused));
        if let Ok(status) = HeaderValue::try_from(status) {
            response.headers_mut().insert("grpc-status-details-bin", status);
        }
    }
    response
}

/// Only headers, which is how a call fails that has no answer.
fn failed(code: i32, message: &str) -> Response {
    let mut response = response(Body::empty());
    let headers = response.headers_mut();
    headers.insert("grpc-status", HeaderValue::from(code));
    if let Ok(message) = HeaderValue::try_from(percent_encoded(message)) {
        headers.insert("grpc-message", message);
    }
    headers.insert(
        "grpc-accept-encoding",
        HeaderValue::from_static("identity,gzip,zstd,deflate"),
    );
    response
}

fn response(body: Body) -> Response {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// What `grpc-message` may hold: printable ASCII, the rest and `%` as `%XX`.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
