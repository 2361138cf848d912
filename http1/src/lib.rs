//! Where an HTTP/1.1 message begins and ends: framing without I/O and without copying.
//!
//! A [`HeadParser`] is shown the bytes read so far and says whether they hold a whole head, how long it is and what body
//! follows; a [`Body`] is fed what comes then and says how many of the bytes belong to the message. Both give the same
//! answer however the bytes were split into reads.
//!
//! The rules are those of RFC 9112. Where that leaves a choice, what two parsers could read in two ways is refused: that is
//! how requests are smuggled past a proxy. Lines end with CR LF and nothing else.

mod body;
mod framing;
mod head;

pub use body::{Body, BodyError, Truncated};
pub use framing::{BodyKind, FramingError};
pub use head::{Answers, HeadError, HeadParser, RequestHead, ResponseHead};

/// The largest head, in bytes, with its first line and its last; also the limit on all trailers of a message.
pub const MAX_HEAD: usize = 64 * 1024;
/// The most header lines of a head.
pub const MAX_HEADERS: usize = 128;
