//! Jaeger's batches in Thrift, as its clients send them: over HTTP to the collector, in packets to the agent.
//! <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

mod batch;
#[cfg(test)]
mod tests;

use crate::formats::thrift::{Encoding, Malformed, Reader, Within};
use crate::model::Span;

/// Reads a bare `Batch`, which is what is posted to the collector.
pub fn batch(message: &[u8], encoding: Encoding) -> Result<Vec<Span>, Malformed> {
    let mut reader = Reader::new(message, encoding);
    let spans = batch::read(&mut reader)?;
    reader.end()?;
    Ok(spans)
}

/// Reads a packet to the agent: a call of `emitBatch`, whose one argument is a `Batch`.
pub fn packet(message: &[u8], encoding: Encoding) -> Result<Vec<Span>, Malformed> {
    let mut reader = Reader::new(message, encoding);
    if reader.call()? != b"emitBatch" {
        return Err(Malformed::Call);
    }
    let mut within = Within::default();
    let mut spans = None;
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 if spans.is_none() => {
                reader.inner(&field)?;
                spans = Some(batch::read(&mut reader)?);
            }
            _ => reader.skip(&field)?,
        }
    }
    reader.end()?;
    spans.ok_or(Malformed::Missing("batch"))
}
