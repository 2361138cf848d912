//! A packet to the X-Ray daemon: a line that says what follows, and a segment document.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>

use serde::Deserialize;

use super::segment::Reader;
use crate::formats::Format;
use crate::formats::error::{Place, ReadError};
use crate::model::Span;

/// The first line: `{"format": "json", "version": 1}`.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Reads a packet's spans one by one: the segment's and those of the subsegments embedded in it. A first line that is
/// not the one that clients send makes the packet none of X-Ray's, as it does for the daemon.
pub fn read_packet(packet: &[u8]) -> Result<Vec<Result<Span, ReadError>>, ReadError> {
    let not_a_packet = |what: &str| {
        ReadError::new(Format::Xray, Place::Whole, what).help(
            r#"begin each packet with the line {"format": "json", "version": 1}, and send one segment in it"#,
        )
    };
    let end = packet.iter().position(|byte| *byte == b'\n');
    let end = end.ok_or_else(|| not_a_packet("no line before the segment"))?;
    let header: Header = serde_json::from_slice(&packet[..end])
        .map_err(|_| not_a_packet("the first line does not say format and version"))?;
    if (header.format.as_str(), header.version) != ("json", 1) {
        return Err(not_a_packet("the first line is not of format json, version 1"));
    }
    let document =
        std::str::from_utf8(&packet[end + 1..]).map_err(|_| not_a_packet("the segment is not UTF-8"))?;
    let mut reader = Reader::default();
    reader.document(document.trim());
    Ok(reader.spans)
}
