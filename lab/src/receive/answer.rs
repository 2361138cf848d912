//! The messages of an answer: partial success, and the Status that says why a request was refused.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::json;

use super::refused::Refused;
use crate::ingest::Accepted;
use crate::signals::Signal;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`, in whole seconds.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

/// An export's answer in protobuf. The three signals' messages look the same on the wire.
pub fn accepted_protobuf(accepted: &Accepted) -> Bytes {
    let partial_success = (accepted.rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(accepted.rejected).unwrap_or(i64::MAX),
        error_message: accepted.message.clone(),
    });
    ExportTraceServiceResponse { partial_success }
        .encode_to_vec()
        .into()
}

/// An export's answer in JSON.
pub fn accepted_json(signal: Signal, accepted: &Accepted) -> Bytes {
    let answer = match accepted.rejected {
        0 => json!({}),
        rejected => json!({ "partialSuccess": {
            signal.rejected_field(): rejected.to_string(),
            "errorMessage": accepted.message,
        } }),
    };
    answer.to_string().into()
}

/// The status of a refusal, with the time to wait if there is one.
pub fn refused_protobuf(refused: &Refused) -> Bytes {
    let retry = refused.retry_after_seconds().map(|seconds| RetryInfo {
        retry_delay: Some(Delay {
            seconds: seconds.into(),
        }),
    });
    let details = retry.map(|retry| Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: retry.encode_to_vec(),
    });
    Status {
        code: refused.code() as i32,
        message: refused.to_string(),
        details: details.into_iter().collect(),
    }
    .encode_to_vec()
    .into()
}

pub fn refused_json(refused: &Refused) -> Bytes {
    json!({ "code": refused.code() as i32, "message": refused.to_string() })
        .to_string()
        .into()
}
