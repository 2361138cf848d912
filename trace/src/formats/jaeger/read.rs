//! Reading: v1's list of traces, one trace, v3's OTLP, and several documents one after another.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::model::{JaegerSpan, Log, Reference, resource};
use crate::formats::error::{Place, ReadError};
use crate::formats::native::Native;
use crate::formats::shared::Shared;
use crate::formats::{Format, ids};
use crate::id::SpanId;
use crate::model::{Attribute, Resource, Span, Value};
use crate::otlp::decode::Decoder;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    spans: Option<&'a RawValue>,
    #[serde(borrow, rename = "resourceSpans")]
    resource_spans: Option<&'a RawValue>,
    errors: Option<Vec<Problem>>,
}

/// What the API says in place of traces.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    msg: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Trace {
    spans: Vec<SpanJson>,
    processes: HashMap<String, ProcessJson>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SpanJson {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    #[serde(rename = "parentSpanID")]
    parent_span_id: Option<String>,
    flags: Option<u32>,
    operation_name: String,
    references: Option<Vec<ReferenceJson>>,
    start_time: u64,
    duration: u64,
    tags: Option<Vec<TagJson>>,
    logs: Option<Vec<LogJson>>,
    #[serde(rename = "processID")]
    process_id: String,
    /// In the form that is kept in a search engine, the process is here and not in a table.
    process: Option<ProcessJson>,
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ReferenceJson {
    ref_type: String,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LogJson {
    timestamp: u64,
    fields: Option<Vec<TagJson>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ProcessJson {
    service_name: String,
    tags: Option<Vec<TagJson>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TagJson {
    key: String,
    r#type: String,
    value: Native,
}

/// Reads traces of the v1 form (`{"data":[…]}`, or one trace of it), of the v3 form (`{"result":{"resourceSpans":[…]}}`),
/// and several such documents one after another.
pub fn read(json: &[u8]) -> Result<Vec<Span>, ReadError> {
    let mut reader = Reader::default();
    for document in serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>() {
        let document = document.map_err(|error| ReadError::json(Format::Jaeger, &error))?;
        reader.any(document, json)?;
    }
    Ok(reader.spans)
}

#[derive(Default)]
struct Reader {
    spans: Vec<Span>,
    shared: Shared,
    decoder: Decoder,
    /// How many spans were looked at, for whoever is told where an error is.
    item: u64,
}

impl Reader {
    /// A document: a list of traces or an object that holds them.
    fn any(&mut self, raw: &RawValue, whole: &[u8]) -> Result<(), ReadError> {
        if raw.get().starts_with('[') {
            for trace in parse::<Vec<Trace>>(raw, whole)? {
                self.trace(trace)?;
            }
            return Ok(());
        }
        let document = parse::<Document<'_>>(raw, whole)?;
        if let Some(result) = document.result {
            self.otlp(result, whole)?;
        } else if document.resource_spans.is_some() {
            self.otlp(raw, whole)?;
        } else if let Some(data) = document.data {
            // One trace alone is what some routes answer.
            match data.get().starts_with('{') {
                true => self.trace(parse(data, whole)?)?,
                false => {
                    for trace in parse::<Option<Vec<Trace>>>(data, whole)?.unwrap_or_default() {
                        self.trace(trace)?;
                    }
                }
            }
        } else if document.spans.is_some() {
            self.trace(parse(raw, whole)?)?;
        } else if let Some(problem) = document.errors.into_iter().flatten().next() {
            let what = format!("the file holds no trace but Jaeger's answer `{}`", problem.msg);
            return Err(
                ReadError::new(Format::Jaeger, Place::Whole, what).help("ask Jaeger for the trace once more")
            );
        } else {
            let what = "an object without `data`, `spans` or `result`";
            return Err(ReadError::new(Format::Jaeger, Place::Whole, what));
        }
        Ok(())
    }

    fn otlp(&mut self, raw: &RawValue, whole: &[u8]) -> Result<(), ReadError> {
        let groups = crate::otlp::json::read(raw.get().as_bytes())
            .map_err(|error| ReadError::json_within(Format::Jaeger, error.cause(), raw, whole))?;
        let decoded = self.decoder.decode(groups);
        if let Some(refusal) = decoded.refused.first() {
            return Err(ReadError::new(Format::Jaeger, Place::Whole, refusal.to_string()));
        }
        self.spans.extend(decoded.spans);
        Ok(())
    }

    fn trace(&mut self, trace: Trace) -> Result<(), ReadError> {
        let processes: HashMap<String, Resource> = trace
            .processes
            .into_iter()
            .map(|(id, process)| (id, process.into_resource()))
            .collect();
        for span in trace.spans {
            self.item += 1;
            let resource = match (&span.process, processes.get(&span.process_id)) {
                (None, Some(process)) => process.clone(),
                (None, None) if span.process_id.is_empty() => Resource::default(),
                (None, None) => {
                    let what = format!(
                        "`processID` is `{}`, which is not in `processes`",
                        span.process_id
                    );
                    return Err(ReadError::new(Format::Jaeger, Place::Item(self.item), what));
                }
                (Some(_), _) => Resource::default(),
            };
            self.span(span, resource)?;
        }
        Ok(())
    }

    fn span(&mut self, json: SpanJson, resource: Resource) -> Result<(), ReadError> {
        let wrong = |what: String| ReadError::new(Format::Jaeger, Place::Item(self.item), what);
        let trace_id = |text: &str| {
            ids::trace_id(text).ok_or_else(|| {
                wrong(format!(
                    "trace id `{}` is not 1 to 32 hex digits, or is zero",
                    short(text)
                ))
            })
        };
        let span_id = |text: &str| {
            ids::span_id(text)
                .ok_or_else(|| wrong(format!("span id `{}` is not 1 to 16 hex digits", short(text))))
        };
        let mut references = Vec::new();
        for reference in json.references.unwrap_or_default() {
            references.push(Reference {
                child_of: reference.ref_type == "CHILD_OF",
                trace_id: trace_id(&reference.trace_id)?,
                span_id: span_id(&reference.span_id)?,
            });
        }
        let span = JaegerSpan {
            trace_id: trace_id(&json.trace_id)?,
            span_id: Some(span_id(&json.span_id)?)
                .filter(|id| id.is_valid())
                .ok_or_else(|| wrong("the span id is zero".to_owned()))?,
            parent_span_id: match json.parent_span_id.as_deref() {
                None | Some("") => SpanId::INVALID,
                Some(text) => span_id(text)?,
            },
            flags: json.flags.unwrap_or_default(),
            operation: json.operation_name,
            references,
            start_us: json.start_time,
            duration_us: json.duration,
            tags: tags(json.tags),
            logs: json
                .logs
                .unwrap_or_default()
                .into_iter()
                .map(|log| Log {
                    time_us: log.timestamp,
                    fields: tags(log.fields),
                })
                .collect(),
            warnings: json.warnings.unwrap_or_default(),
        };
        let resource = json.process.map_or(resource, ProcessJson::into_resource);
        self.spans.push(span.into_span(resource, &mut self.shared));
        Ok(())
    }
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue, whole: &[u8]) -> Result<T, ReadError> {
    serde_json::from_str(raw.get())
        .map_err(|error| ReadError::json_within(Format::Jaeger, &error, raw, whole))
}

impl ProcessJson {
    fn into_resource(self) -> Resource {
        resource(&self.service_name, tags(self.tags))
    }
}

fn tags(json: Option<Vec<TagJson>>) -> Vec<Attribute> {
    let value = |tag: TagJson| Attribute {
        value: value(&tag.r#type, tag.value.0),
        key: tag.key,
    };
    json.unwrap_or_default().into_iter().map(value).collect()
}

/// A tag's value by its type. Numbers may be text, which is how Jaeger writes what JavaScript would round; what does
/// not fit its type stays what it is.
fn value(kind: &str, value: Value) -> Value {
    let read = match (kind, &value) {
        ("bool", Value::String(text)) => text.parse().ok().map(Value::Bool),
        ("int64" | "long", Value::String(text)) => text.parse().ok().map(Value::Int),
        ("float64" | "double", Value::String(text)) => text.parse().ok().map(Value::Double),
        ("float64" | "double", Value::Int(number)) => Some(Value::Double(*number as f64)),
        ("binary", Value::String(text)) => bytes(text).map(Value::Bytes),
        _ => None,
    };
    read.unwrap_or(value)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// The beginning of a text that may be of any length.
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
