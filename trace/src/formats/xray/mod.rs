//! AWS X-Ray's segment documents.
//!
//! Source: "AWS X-Ray segment documents" of the X-Ray developer guide. A service's span is a segment, what happens below
//! it a subsegment: embedded in it, or a document of its own that names its parent. [`write()`] makes every span a document
//! of its own; the blocks that X-Ray knows (`http`, `aws`, `sql`, `cause`, `annotations`) are derived from the
//! attributes, and `metadata.otel` holds the span itself, so that it comes back as it went.

mod document;
mod packet;
mod read;
mod segment;
mod write;

pub use packet::read_packet;
pub use read::{read, read_each};
pub use write::write;

#[cfg(test)]
mod tests;
