//! The messages of Tempo's answers, each both in protobuf and in protobuf's JSON.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use trace::otlp::proto::{AnyValue, KeyValue, any_value};
use trace::traceql::syntax::{Field, Literal};

use super::{PROTOBUF, wants_protobuf};

/// An answer in the form that is accepted.
pub fn answer(headers: &HeaderMap, message: &(impl prost::Message + Serialize)) -> Response {
    if wants_protobuf(headers) {
        return ([(header::CONTENT_TYPE, PROTOBUF)], message.encode_to_vec()).into_response();
    }
    axum::Json(message).into_response()
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct SearchResponse {
    #[prost(message, repeated, tag = "1")]
    pub traces: Vec<TraceMetadata>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceMetadata {
    #[prost(string, tag = "1")]
    #[serde(rename = "traceID")]
    pub trace_id: String,
    #[prost(string, tag = "2")]
    pub root_service_name: String,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub root_trace_name: String,
    #[prost(uint64, tag = "4")]
    #[serde(serialize_with = "as_text")]
    pub start_time_unix_nano: u64,
    #[prost(uint32, tag = "5")]
    #[serde(skip_serializing_if = "is_zero")]
    pub duration_ms: u32,
    /// The first of `span_sets`, for those who know of one only.
    #[prost(message, optional, tag = "6")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_set: Option<SpanSet>,
    #[prost(message, repeated, tag = "7")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub span_sets: Vec<SpanSet>,
    #[prost(btree_map = "string, message", tag = "8")]
    pub service_stats: std::collections::BTreeMap<String, ServiceStats>,
}

#[derive(Clone, Copy, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStats {
    #[prost(uint32, tag = "1")]
    #[serde(skip_serializing_if = "is_zero")]
    pub span_count: u32,
    #[prost(uint32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub error_count: u32,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct SpanSet {
    #[prost(message, repeated, tag = "1")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<FoundSpan>,
    #[prost(uint32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub matched: u32,
    #[prost(message, repeated, tag = "3")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundSpan {
    #[prost(string, tag = "1")]
    #[serde(rename = "spanID")]
    pub span_id: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[prost(uint64, tag = "3")]
    #[serde(serialize_with = "as_text")]
    pub start_time_unix_nano: u64,
    #[prost(uint64, tag = "4")]
    #[serde(serialize_with = "as_text")]
    pub duration_nanos: u64,
    #[prost(message, repeated, tag = "5")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<KeyValue>,
}

/// What was looked at. Of Tempo's jobs and blocks there is one each here: the store.
#[derive(Clone, Copy, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchMetrics {
    #[prost(uint32, tag = "1")]
    pub inspected_traces: u32,
    #[prost(uint64, tag = "2")]
    #[serde(serialize_with = "as_text")]
    pub inspected_bytes: u64,
    #[prost(uint32, tag = "4")]
    pub completed_jobs: u32,
    #[prost(uint32, tag = "5")]
    pub total_jobs: u32,
    #[prost(uint64, tag = "7")]
    #[serde(serialize_with = "as_text")]
    pub inspected_spans: u64,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagsResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_names: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct TagsV2Response {
    #[prost(message, repeated, tag = "1")]
    pub scopes: Vec<TagsScope>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct TagsScope {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub tags: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagValuesResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_values: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagValuesV2Response {
    #[prost(message, repeated, tag = "1")]
    pub tag_values: Vec<TagValue>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message, Serialize)]
pub struct TagValue {
    #[prost(string, tag = "1")]
    pub r#type: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataMetrics {
    #[prost(uint64, tag = "1")]
    #[serde(serialize_with = "as_text")]
    pub inspected_bytes: u64,
    #[prost(uint32, tag = "2")]
    pub total_jobs: u32,
    #[prost(uint32, tag = "3")]
    pub completed_jobs: u32,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct QueryRangeResponse {
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<TimeSeries>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
    /// 1 if something is missing; JSON has the name.
    #[prost(int32, tag = "3")]
    #[serde(skip_serializing_if = "is_complete", serialize_with = "partial")]
    pub status: i32,
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<KeyValue>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    #[prost(int64, tag = "2")]
    #[serde(serialize_with = "as_text")]
    pub timestamp_ms: i64,
    #[prost(double, tag = "1")]
    pub value: f64,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct QueryInstantResponse {
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<InstantSeries>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
    #[prost(int32, tag = "3")]
    #[serde(skip_serializing_if = "is_complete", serialize_with = "partial")]
    pub status: i32,
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct InstantSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<KeyValue>,
    #[prost(double, tag = "2")]
    pub value: f64,
}

/// 64-bit numbers are text in JSON.
fn as_text<S: Serializer>(number: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

fn partial<S: Serializer>(_: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("PARTIAL")
}

fn is_complete(status: &i32) -> bool {
    *status == 0
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What was looked at, as it is counted on the way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inspected {
    pub traces: u32,
    pub spans: u64,
    pub bytes: u64,
}

impl Inspected {
    pub fn add(&mut self, trace: &crate::store::TraceSpans) {
        self.traces = self.traces.saturating_add(1);
        self.spans += trace.len() as u64;
        self.bytes += trace.span_bytes().len() as u64;
    }

    pub fn search(self) -> Option<SearchMetrics> {
        Some(SearchMetrics {
            inspected_traces: self.traces,
            inspected_bytes: self.bytes,
            completed_jobs: 1,
            total_jobs: 1,
            inspected_spans: self.spans,
        })
    }

    pub fn metadata(self) -> Option<MetadataMetrics> {
        Some(MetadataMetrics {
            inspected_bytes: self.bytes,
            total_jobs: 1,
            completed_jobs: 1,
        })
    }
}

/// A field's name in answers: an attribute's without its scope.
pub fn field_name(field: &Field) -> String {
    match field {
        Field::Intrinsic(intrinsic) => intrinsic.to_string(),
        Field::Attribute(_, key) => key.text().to_owned(),
    }
}

/// A duration as Go writes it: `7.596342ms`, `1m2.5s`.
fn duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let decimal = |unit: u64| {
        let digits = unit.ilog10() as usize;
        let (whole, part) = (size / unit, format!("{:0digits$}", size % unit));
        match part.trim_end_matches('0') {
            "" => whole.to_string(),
            part => format!("{whole}.{part}"),
        }
    };
    let written = match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(1_000_000)),
        _ => {
            let (minutes, rest) = (size / 60_000_000_000, size % 60_000_000_000);
            let seconds = format!("{}.{:09}", rest / 1_000_000_000, rest % 1_000_000_000);
            let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{written}")
}

/// A value with its key. What OTLP has no type for is text, as it is written in a query.
pub fn key_value(key: String, value: &Literal) -> KeyValue {
    let value = match value {
        Literal::Nil => any_value::Value::StringValue("nil".to_owned()),
        Literal::Bool(truth) => any_value::Value::BoolValue(*truth),
        Literal::Int(number) => any_value::Value::IntValue(*number),
        Literal::Float(number) => any_value::Value::DoubleValue(*number),
        Literal::String(text) => any_value::Value::StringValue(text.clone()),
        Literal::Duration(nanoseconds) => any_value::Value::StringValue(duration(*nanoseconds)),
        other => any_value::Value::StringValue(other.to_string()),
    };
    KeyValue {
        key,
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanoseconds, written) in [
            (0, "0s"),
            (7, "7ns"),
            (1_500, "1.5µs"),
            (7_596_342, "7.596342ms"),
            (-20_000_000, "-20ms"),
            (62_500_000_000, "1m2.5s"),
            (3_600_000_000_001, "1h0m0.000000001s"),
        ] {
            assert_eq!(duration(nanoseconds), written);
        }
    }
}
