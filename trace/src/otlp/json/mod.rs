//! OTLP's JSON, as the specification maps it: ids in hex, 64-bit integers as strings, enumerations as numbers, unknown
//! fields ignored. Written here and not derived, so that NaN, the infinities, empty values and `null` survive, and so
//! that defaults are not written out.

mod fields;
pub(crate) mod out;
mod read;
mod write;

use super::proto;

/// JSON that is not a list of spans.
#[derive(Debug, thiserror::Error)]
#[error("this is not OTLP's JSON for traces: {0}")]
pub struct InvalidJson(#[from] serde_json::Error);

impl InvalidJson {
    /// What the JSON reader says, with its line and column.
    pub fn cause(&self) -> &serde_json::Error {
        &self.0
    }
}

/// Reads `{"resourceSpans": […]}`.
pub fn read(json: &[u8]) -> Result<Vec<proto::ResourceSpans>, InvalidJson> {
    // Derived readers also take a list for an object, by position, which nobody means.
    if !json.trim_ascii_start().starts_with(b"{") {
        let error: serde_json::Error = serde::de::Error::custom("expected an object with `resourceSpans`");
        return Err(InvalidJson(error));
    }
    Ok(serde_json::from_slice::<read::Document>(json)?.into_proto())
}

/// How identifiers and enumerations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// As OTLP's specification says: hex and numbers.
    #[default]
    Specification,
    /// As protobuf's own mapping says, which some backends keep to: base64 and names.
    Protobuf,
}

/// Appends one span, for those who write a long list piece by piece.
pub fn write_span(span: &proto::Span, style: Style, out: &mut Vec<u8>) {
    write::span(span, style, out);
}

/// Appends a resource.
pub fn write_resource(resource: &proto::Resource, out: &mut Vec<u8>) {
    write::resource(resource, out);
}

/// Appends a scope.
pub fn write_scope(scope: &proto::InstrumentationScope, out: &mut Vec<u8>) {
    write::scope(scope, out);
}

/// Appends `{"resourceSpans":[…]}` to `out`, on one line.
pub fn write(groups: &[proto::ResourceSpans], out: &mut Vec<u8>) {
    write::document(groups, out);
}

#[cfg(test)]
mod tests;
