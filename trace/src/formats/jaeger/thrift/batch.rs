//! The messages inside of a batch.

use std::sync::Arc;

use crate::formats::jaeger::model::{JaegerSpan, Log, Reference, resource};
use crate::formats::shared::Shared;
use crate::formats::thrift::{Budget, Field, Malformed, Reader, Within};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Link, Resource, Span, Value};

/// Reads a `Batch` up to its end.
pub fn read(reader: &mut Reader<'_>) -> Result<Vec<Span>, Malformed> {
    let mut within = Within::default();
    let mut budget = Budget::default();
    let mut shared = Shared::default();
    let mut made_by = None;
    let mut spans = Vec::new();
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => {
                reader.inner(&field)?;
                made_by = Some(process(reader, &mut budget)?);
            }
            2 => {
                for _ in 0..reader.structs(&field)? {
                    let span = span(reader, &mut budget)?;
                    // The process may come after the spans, and is the same for all.
                    spans.push(span.into_span(Resource::default(), &mut shared));
                }
            }
            _ => reader.skip(&field)?,
        }
    }
    let made_by = Arc::new(made_by.ok_or(Malformed::Missing("process"))?);
    for span in &mut spans {
        span.resource = Arc::clone(&made_by);
    }
    Ok(spans)
}

fn process(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Resource, Malformed> {
    let mut within = Within::default();
    let (mut service, mut tags) = (None, Vec::new());
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => service = Some(reader.text(&field)?),
            2 => tags = self::tags(reader, &field, budget)?,
            _ => reader.skip(&field)?,
        }
    }
    Ok(resource(service.ok_or(Malformed::Missing("serviceName"))?, tags))
}

fn span(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<JaegerSpan, Malformed> {
    budget.spend::<Span>(0)?;
    let mut within = Within::default();
    let (mut low, mut high, mut id, mut parent) = (None, None, None, None);
    let (mut name, mut flags, mut start, mut duration) = (None, None, None, None);
    let (mut references, mut tags, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => low = Some(reader.i64(&field)?),
            2 => high = Some(reader.i64(&field)?),
            3 => id = Some(reader.i64(&field)?),
            4 => parent = Some(reader.i64(&field)?),
            5 => name = Some(reader.text(&field)?),
            6 => {
                for _ in 0..reader.structs(&field)? {
                    budget.spend::<Reference>(size_of::<Link>())?;
                    references.push(reference(reader)?);
                }
            }
            7 => flags = Some(reader.i32(&field)?),
            8 => start = Some(reader.i64(&field)?),
            9 => duration = Some(reader.i64(&field)?),
            10 => tags = self::tags(reader, &field, budget)?,
            11 => {
                for _ in 0..reader.structs(&field)? {
                    budget.spend::<crate::Event>(0)?;
                    logs.push(log(reader, budget)?);
                }
            }
            _ => reader.skip(&field)?,
        }
    }
    let name = name.ok_or(Malformed::Missing("operationName"))?;
    budget.spend::<u8>(name.len())?;
    let trace_id = trace_id(
        low.ok_or(Malformed::Missing("traceIdLow"))?,
        high.ok_or(Malformed::Missing("traceIdHigh"))?,
    );
    let parent = span_id(parent.ok_or(Malformed::Missing("parentSpanId"))?);
    let names_parent = |it: &Reference| it.trace_id == trace_id && it.span_id == parent;
    if parent.is_valid() && !references.iter().any(names_parent) {
        // As Jaeger does: a parent that no reference names comes before those that are.
        let parent = Reference {
            child_of: true,
            trace_id,
            span_id: parent,
        };
        references.insert(0, parent);
    }
    Ok(JaegerSpan {
        trace_id,
        span_id: span_id(id.ok_or(Malformed::Missing("spanId"))?),
        parent_span_id: parent,
        flags: flags.ok_or(Malformed::Missing("flags"))? as u32,
        operation: name.to_owned(),
        references,
        start_us: not_negative(start.ok_or(Malformed::Missing("startTime"))?),
        duration_us: not_negative(duration.ok_or(Malformed::Missing("duration"))?),
        tags,
        logs,
        warnings: Vec::new(),
    })
}

fn reference(reader: &mut Reader<'_>) -> Result<Reference, Malformed> {
    let mut within = Within::default();
    let (mut kind, mut low, mut high, mut id) = (None, None, None, None);
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => kind = Some(reader.i32(&field)?),
            2 => low = Some(reader.i64(&field)?),
            3 => high = Some(reader.i64(&field)?),
            4 => id = Some(reader.i64(&field)?),
            _ => reader.skip(&field)?,
        }
    }
    Ok(Reference {
        child_of: kind.ok_or(Malformed::Missing("refType"))? == 0,
        trace_id: trace_id(
            low.ok_or(Malformed::Missing("traceIdLow"))?,
            high.ok_or(Malformed::Missing("traceIdHigh"))?,
        ),
        span_id: span_id(id.ok_or(Malformed::Missing("spanId"))?),
    })
}

fn log(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Log, Malformed> {
    let mut within = Within::default();
    let (mut time, mut fields) = (None, Vec::new());
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => time = Some(reader.i64(&field)?),
            2 => fields = tags(reader, &field, budget)?,
            _ => reader.skip(&field)?,
        }
    }
    Ok(Log {
        time_us: not_negative(time.ok_or(Malformed::Missing("timestamp"))?),
        fields,
    })
}

fn tags(reader: &mut Reader<'_>, field: &Field, budget: &mut Budget) -> Result<Vec<Attribute>, Malformed> {
    let count = reader.structs(field)?;
    let mut tags = Vec::new();
    for _ in 0..count {
        tags.push(tag(reader, budget)?);
    }
    Ok(tags)
}

fn tag(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Attribute, Malformed> {
    let mut within = Within::default();
    let (mut key, mut kind) = (None, None);
    let (mut text, mut double, mut truth, mut long, mut bytes) = (None, None, None, None, None);
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => key = Some(reader.text(&field)?),
            2 => kind = Some(reader.i32(&field)?),
            3 => text = Some(reader.text(&field)?),
            4 => double = Some(reader.double(&field)?),
            5 => truth = Some(reader.bool(&field)?),
            6 => long = Some(reader.i64(&field)?),
            7 => bytes = Some(reader.bytes(&field)?),
            _ => reader.skip(&field)?,
        }
    }
    let key = key.ok_or(Malformed::Missing("key"))?;
    // The type says which of the values counts; one that is not there is the type's zero, as in Jaeger.
    let value = match kind.ok_or(Malformed::Missing("vType"))? {
        0 => Value::from(text.unwrap_or_default()),
        1 => Value::Double(double.unwrap_or_default()),
        2 => Value::Bool(truth.unwrap_or_default()),
        3 => Value::Int(long.unwrap_or_default()),
        4 => Value::Bytes(bytes.unwrap_or_default().to_vec()),
        _ => Value::Empty,
    };
    budget.spend::<Attribute>(key.len() + text.map_or(0, str::len) + bytes.map_or(0, <[u8]>::len))?;
    Ok(Attribute {
        key: key.to_owned(),
        value,
    })
}

fn trace_id(low: i64, high: i64) -> TraceId {
    TraceId(((u128::from(high as u64) << 64) | u128::from(low as u64)).to_be_bytes())
}

fn span_id(id: i64) -> SpanId {
    SpanId(id.to_be_bytes())
}

/// A time before 1970 is 1970, and no time is shorter than none.
fn not_negative(microseconds: i64) -> u64 {
    u64::try_from(microseconds).unwrap_or(0)
}
