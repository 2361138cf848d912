//! The root span of a request, written straight into OTLP's bytes.
//!
//! Most of a span is the same for every request of a journey, so it is encoded once and copied; ids, times, URL and ending
//! are put around it. Building the span as a value and encoding that costs 500 ns and more, which at 150,000 requests a
//! second would be a tenth of the generator.

use super::protobuf::{
    bytes_field, fixed32_field, fixed64_field, message_header, number_attribute, text_attribute,
    text_attribute_length, varint_field, varint_length,
};
use crate::{Ending, Journey, Request, Target};

/// Field numbers of `opentelemetry.proto.trace.v1.Span` and its `Status`.
mod field {
    pub const TRACE_ID: u32 = 1;
    pub const SPAN_ID: u32 = 2;
    pub const NAME: u32 = 5;
    pub const KIND: u32 = 6;
    pub const START: u32 = 7;
    pub const END: u32 = 8;
    pub const ATTRIBUTES: u32 = 9;
    pub const STATUS: u32 = 15;
    pub const FLAGS: u32 = 16;
    pub const STATUS_CODE: u32 = 3;
    /// In `ScopeSpans`.
    pub const SPANS: u32 = 2;
}

const SPAN_KIND_CLIENT: u64 = 3;
const STATUS_CODE_ERROR: u64 = 2;
/// Sampled, and known not to have a remote parent.
const FLAGS: u32 = 0x0101;
const URL: &str = "url.full";

/// Methods that semantic conventions let stand in a span; others are `_OTHER`.
const METHODS: [&str; 9] = [
    "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
];

/// Writes root spans of one plan's requests to one target.
pub struct Templates {
    url: String,
    host: String,
    port: u16,
    journeys: Vec<JourneyTemplate>,
    /// Attributes and status of the ending that was written last, since the next one is mostly the same.
    ending: Option<(Ending, Vec<u8>)>,
}

struct JourneyTemplate {
    route: Option<String>,
    /// The method that `fixed` was made for; empty until the first request.
    method: String,
    /// Kind and attributes that all requests share; the name too, if there is a route.
    fixed: Vec<u8>,
}

impl Templates {
    pub fn new(target: &Target, journeys: &[Journey]) -> Self {
        let journey = |journey: &Journey| JourneyTemplate {
            route: journey.route.clone(),
            method: String::new(),
            fixed: Vec::new(),
        };
        Self {
            url: target.url(),
            host: target.host().to_owned(),
            port: target.port(),
            journeys: journeys.iter().map(journey).collect(),
            ending: None,
        }
    }

    /// Appends the span as an element of a `ScopeSpans`.
    pub fn encode(
        &mut self,
        request: &Request,
        start_unix_ns: u64,
        end_unix_ns: u64,
        ending: Ending,
        output: &mut Vec<u8>,
    ) {
        if self.ending.as_ref().is_none_or(|(last, _)| *last != ending) {
            self.ending = Some((ending, encode_ending(ending)));
        }
        let ending_bytes = self.ending.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let journey = &mut self.journeys[request.journey];
        if journey.method != request.method() {
            journey.prepare(request.method(), &self.host, self.port);
        }
        let name = match journey.route {
            Some(_) => [""; 3],
            None => [span_method(request.method()), " ", without_query(request.path())],
        };
        let name_length: usize = name.iter().map(|part| part.len()).sum();
        let name_field = if name_length > 0 {
            1 + varint_length(name_length as u64) + name_length
        } else {
            0
        };
        let url_length = self.url.len() + request.path().len();
        // 18 and 10 for the ids, 9 for either time, 6 for the flags.
        let length = 18
            + 10
            + 9
            + 9
            + 6
            + name_field
            + journey.fixed.len()
            + text_attribute_length(URL, url_length)
            + ending_bytes.len();

        message_header(field::SPANS, length, output);
        let start = output.len();
        bytes_field(field::TRACE_ID, &request.trace_id, output);
        bytes_field(field::SPAN_ID, &request.span_id, output);
        if name_length > 0 {
            message_header(field::NAME, name_length, output);
            name.iter()
                .for_each(|part| output.extend_from_slice(part.as_bytes()));
        }
        output.extend_from_slice(&journey.fixed);
        fixed64_field(field::START, start_unix_ns, output);
        fixed64_field(field::END, end_unix_ns, output);
        text_attribute(field::ATTRIBUTES, URL, [&self.url, request.path()], output);
        output.extend_from_slice(ending_bytes);
        fixed32_field(field::FLAGS, FLAGS, output);
        debug_assert_eq!(output.len() - start, length);
    }
}

impl JourneyTemplate {
    fn prepare(&mut self, method: &str, host: &str, port: u16) {
        let fixed = &mut self.fixed;
        fixed.clear();
        if let Some(route) = &self.route {
            bytes_field(
                field::NAME,
                format!("{} {route}", span_method(method)).as_bytes(),
                fixed,
            );
        }
        varint_field(field::KIND, SPAN_KIND_CLIENT, fixed);
        let mut text = |name, value| text_attribute(field::ATTRIBUTES, name, [value, ""], fixed);
        if METHODS.contains(&method) {
            text("http.request.method", method);
        } else {
            text("http.request.method", "_OTHER");
            text("http.request.method_original", method);
        }
        text("server.address", host);
        text("user_agent.synthetic.type", "test");
        number_attribute(field::ATTRIBUTES, "server.port", u64::from(port), fixed);
        self.method = method.to_owned();
    }
}

/// The method as it stands in a span's name.
fn span_method(method: &str) -> &str {
    if METHODS.contains(&method) { method } else { "HTTP" }
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

fn encode_ending(ending: Ending) -> Vec<u8> {
    let mut output = Vec::new();
    let (status, error) = match ending {
        Ending::Completed(status) => (Some(status), None),
        Ending::Failed(failure) => (failure.status(), Some(failure.to_string())),
        Ending::Aborted => (None, Some("aborted".to_owned())),
    };
    if let Some(status) = status {
        number_attribute(
            field::ATTRIBUTES,
            "http.response.status_code",
            u64::from(status),
            &mut output,
        );
    }
    if let Some(error) = error {
        text_attribute(field::ATTRIBUTES, "error.type", [&error, ""], &mut output);
        message_header(field::STATUS, 2, &mut output);
        varint_field(field::STATUS_CODE, STATUS_CODE_ERROR, &mut output);
    }
    output
}

/// What stands before the spans of a batch in an `ExportTraceServiceRequest`: the resource and the scope.
pub struct Envelope {
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Envelope {
    /// `attributes` are the resource's.
    pub fn new<'a>(attributes: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut resource_attributes = Vec::new();
        for (name, value) in attributes {
            text_attribute(1, name, [value, ""], &mut resource_attributes);
        }
        let mut resource = Vec::new();
        bytes_field(1, &resource_attributes, &mut resource);
        let mut scope_name = Vec::new();
        bytes_field(1, b"faultmart", &mut scope_name);
        let mut scope = Vec::new();
        bytes_field(1, &scope_name, &mut scope);
        Self { resource, scope }
    }

    /// Appends what precedes `spans_length` bytes of spans.
    pub fn encode(&self, spans_length: usize, output: &mut Vec<u8>) {
        let scope_spans = self.scope.len() + spans_length;
        let header = 1 + varint_length(scope_spans as u64);
        message_header(1, self.resource.len() + header + scope_spans, output);
        output.extend_from_slice(&self.resource);
        message_header(2, scope_spans, output);
        output.extend_from_slice(&self.scope);
    }
}

#[cfg(test)]
mod tests;
