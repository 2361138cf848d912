//! Reading: the list of events or the object around it; our own files by their ids, other people's by what nests.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{self, Document, Event};
use super::foreign;
use super::write::EPOCH;
use crate::formats::Format;
use crate::formats::error::{Place, ReadError};
use crate::formats::shared::Shared;
use crate::formats::sidecar::{EventJson, ResourceJson, Sidecar};
use crate::id::{SpanId, TraceId};
use crate::model::{Resource, Span, Value};

/// Reads a file's spans.
pub fn read(json: &[u8]) -> Result<Vec<Span>, ReadError> {
    if !json.trim_ascii_start().starts_with(b"{") {
        if !json.trim_ascii_start().starts_with(b"[") {
            return Err(ReadError::new(
                Format::Chrome,
                Place::Whole,
                "neither an object nor a list",
            ));
        }
        return foreign::spans(event::events(json, json)?, json);
    }
    let document: Document =
        serde_json::from_slice(json).map_err(|error| ReadError::json(Format::Chrome, &error))?;
    let Some(list) = document.trace_events.filter(|raw| raw.get().starts_with('[')) else {
        return Err(ReadError::new(
            Format::Chrome,
            Place::Whole,
            "no list `traceEvents`",
        ));
    };
    let events = event::events(list.get().as_bytes(), json)?;
    let epoch = Value::find(&document.other_data.0, EPOCH).and_then(Value::as_str);
    match epoch.and_then(|text| text.parse::<u64>().ok()) {
        Some(epoch) => own(events, epoch),
        None => foreign::spans(events, json),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ids {
    trace_id: TraceId,
    span_id: SpanId,
    parent_span_id: Option<SpanId>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProcessArgs {
    resource: ResourceJson,
}

/// The spans of a file that this module wrote.
fn own(events: Vec<Event<'_>>, epoch: u64) -> Result<Vec<Span>, ReadError> {
    let mut shared = Shared::default();
    let mut resources = HashMap::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut places: HashMap<(TraceId, SpanId), usize> = HashMap::new();
    for event in events {
        let wrong = |what: &str| ReadError::new(Format::Chrome, Place::Item(event.item), what);
        let time = |time_ns: i128| {
            u64::try_from(i128::from(epoch) + time_ns).map_err(|_| wrong("a time that no clock shows"))
        };
        match event.phase {
            'M' if event.name == "process_name" => {
                let args: ProcessArgs = args(&event)?;
                let resource = shared.resource(args.resource.into_resource());
                resources.insert(event.process.to_string(), resource);
            }
            'X' => {
                let ids: Ids = args(&event)?;
                if !ids.trace_id.is_valid() || !ids.span_id.is_valid() {
                    return Err(wrong("`args` has no `trace_id` and `span_id`"));
                }
                let mut span = Span {
                    trace_id: ids.trace_id,
                    span_id: ids.span_id,
                    parent_span_id: ids.parent_span_id,
                    start_unix_ns: time(event.time_ns)?,
                    end_unix_ns: time(event.time_ns + event.duration_ns.unwrap_or_default())?,
                    ..Span::default()
                };
                args::<Sidecar>(&event)?.fill(&mut span, &mut shared);
                if let Some(resource) = resources.get(&event.process.to_string()) {
                    span.resource = std::sync::Arc::clone(resource);
                } else {
                    span.resource = shared.resource(Resource::default());
                }
                span.name = event.name;
                places.insert((span.trace_id, span.span_id), spans.len());
                spans.push(span);
            }
            'i' => {
                let ids: Ids = args(&event)?;
                let Some(place) = places.get(&(ids.trace_id, ids.span_id)) else {
                    return Err(wrong("an instant of a span that is not before it in the file"));
                };
                let happened: EventJson = args(&event)?;
                let time = time(event.time_ns)?;
                spans[*place].events.push(happened.into_event(time, event.name));
            }
            // Flows show what the spans' `args` say of links.
            _ => {}
        }
    }
    Ok(spans)
}

fn args<'a, T: Deserialize<'a> + Default>(event: &Event<'a>) -> Result<T, ReadError> {
    let read = |raw: &'a RawValue| serde_json::from_str(raw.get());
    event
        .args
        .map_or_else(|| Ok(T::default()), read)
        .map_err(|error| {
            let what = format!(
                "`args`: {}",
                error.to_string().split(" at line ").next().unwrap_or_default()
            );
            ReadError::new(Format::Chrome, Place::Item(event.item), what)
        })
}
