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

/// `google.rpc.Status`, without details.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
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

pub fn refused_protobuf(refused: &Refused) -> Bytes {
    Status {
        code: refused.code() as i32,
        message: refused.to_string(),
    }
    .encode_to_vec()
    .into()
}

pub fn refused_json(refused: &Refused) -> Bytes {
    json!({ "code": refused.code() as i32, "message": refused.to_string() })
        .to_string()
        .into()
}
