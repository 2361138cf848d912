//! A planned request as a line of JSON: the fields of `faultmart plan`, in this order, the same bytes on every machine.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::closed::ClosedStep;
use super::picks::Pick;
use super::request::{Body, PlannedRequest, Request, hex};
use crate::baggage::ActiveFault;

impl PlannedRequest {
    /// The line, without the newline.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        to_json(&Line {
            sequence: self.sequence,
            at_us: Some(self.at.as_micros()),
            user: None,
            step: None,
            think_us: None,
            journey: &self.journey,
            trace_id: hex(&self.trace_id),
            request: RequestLine::new(&self.request),
            faults: self
                .faults
                .iter()
                .map(|fault| FaultLine::new(fault, None))
                .collect(),
        })
    }
}

impl ClosedStep {
    /// The line, without the newline. When it starts is not known yet, so it names every fault that can ride along, each with
    /// its window if it has one.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        let whole = self.draft.clone().with_all_picks();
        to_json(&Line {
            sequence: whole.sequence,
            at_us: None,
            user: Some(self.user()),
            step: Some(self.step()),
            think_us: Some(self.think().as_micros()),
            journey: &whole.journey,
            trace_id: hex(&whole.trace_id),
            request: RequestLine::new(&whole.request),
            faults: self
                .draft
                .picks
                .iter()
                .map(|pick| FaultLine::new(&pick.fault, Some(pick)))
                .collect(),
        })
    }
}

#[derive(Serialize)]
struct Line<'a> {
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_us: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think_us: Option<u128>,
    journey: &'a str,
    trace_id: String,
    request: RequestLine<'a>,
    faults: Vec<FaultLine<'a>>,
}

#[derive(Serialize)]
struct RequestLine<'a> {
    method: &'a str,
    path: &'a str,
    #[serde(serialize_with = "headers")]
    headers: &'a Request,
    body: Option<serde_json::Value>,
}

impl<'a> RequestLine<'a> {
    fn new(request: &'a Request) -> Self {
        let body = request.body.as_ref().map(|body| match body {
            // Ours is JSON by construction; what cannot be read is shown as text rather than not at all.
            Body::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
            Body::Text(text) => text.as_str().into(),
        });
        Self {
            method: &request.method,
            path: &request.path,
            headers: request,
            body,
        }
    }
}

fn headers<S: Serializer>(request: &Request, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(request.headers.len()))?;
    for (name, value) in &request.headers {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

#[derive(Serialize)]
struct FaultLine<'a> {
    fault: &'a str,
    at: &'a str,
    parameters: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

#[derive(Serialize)]
struct Window {
    from_us: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_us: Option<u128>,
}

impl<'a> FaultLine<'a> {
    fn new(fault: &'a ActiveFault, pick: Option<&Pick>) -> Self {
        let window = pick
            .map(|pick| &pick.window)
            .filter(|window| !window.start.is_zero() || has_end(window));
        Self {
            fault: fault.fault,
            at: &fault.at,
            parameters: &fault.parameters,
            window: window.map(|window| Window {
                from_us: window.start.as_micros(),
                until_us: has_end(window).then_some(window.end.as_micros()),
            }),
        }
    }
}

fn has_end(window: &std::ops::Range<std::time::Duration>) -> bool {
    window.end != std::time::Duration::MAX
}

/// Writing strings and numbers into memory cannot fail; were it to, an empty line would be noticed at once.
fn to_json(line: &Line<'_>) -> String {
    serde_json::to_string(line).unwrap_or_default()
}
