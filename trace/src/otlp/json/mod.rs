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

/// Appends `{"resourceSpans":[…]}` to `out`, on one line.
pub fn write(groups: &[proto::ResourceSpans], out: &mut Vec<u8>) {
    write::document(groups, out);
}

#[cfg(test)]
mod tests;
