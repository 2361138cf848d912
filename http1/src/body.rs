//! The body of a message: how many of the bytes that come belong to it.

use crate::MAX_HEAD;
use crate::framing::BodyKind;

/// The most bytes of all chunk extensions of a message, which nobody uses but to exhaust whoever reads them.
const MAX_EXTENSIONS: usize = 16 * 1024;

/// Follows a body to its end.
#[derive(Debug, Clone)]
pub struct Body {
    state: State,
    extensions: usize,
    trailers: usize,
}

/// Why a body is refused. The message is fit to be shown to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not hexadecimal digits, none, or beyond 64 bits.
    #[error("the size of a chunk is not a hexadecimal number")]
    ChunkSize,
    /// A chunk of another length than it says, or a line that does not end with CR LF.
    #[error("a chunk or its size does not end with CR LF")]
    ChunkEnd,
    /// More than 16 KiB in one message, or with control characters.
    #[error("the chunk extensions are too long or hold control characters")]
    Extension,
    /// Not `name: value`, or a line that does not end with CR LF.
    #[error("a trailer is malformed")]
    Trailer,
    /// More than [`MAX_HEAD`] bytes of them.
    #[error("the trailers are larger than {MAX_HEAD} bytes")]
    TrailersTooLarge,
}

/// The connection ended before the body did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was closed in the middle of a message")]
pub struct Truncated;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Finished,
    Length(u64),
    UntilClose,
    /// The first digit of a chunk's size.
    SizeStart,
    Size(u64),
    /// Blanks after the size.
    SizeEnd(u64),
    Extension(u64),
    SizeLineFeed(u64),
    Data(u64),
    DataReturn,
    DataLineFeed,
    /// The first byte of a trailer, or of the empty line that ends them all.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
}

impl Body {
    /// A body of that kind, at its first byte.
    #[must_use]
    pub fn new(kind: BodyKind) -> Self {
        let state = match kind {
            BodyKind::None => State::Finished,
            BodyKind::Length(length) => State::Length(length),
            BodyKind::Chunked => State::SizeStart,
            BodyKind::UntilClose | BodyKind::Tunnel => State::UntilClose,
        };
        let mut body = Self {
            state,
            extensions: 0,
            trailers: 0,
        };
        body.settle();
        body
    }

    /// Whether the message ended; the next byte is another message's.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// How many of these bytes, which are the next that came, belong to the body. Fewer than all only when it ends among
    /// them.
    ///
    /// # Errors
    /// When they are not a body of this kind. Nothing more can be read from the connection then.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<usize, BodyError> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_finished() {
            let rest = &bytes[taken..];
            taken += match &mut self.state {
                State::UntilClose => rest.len(),
                State::Length(left) | State::Data(left) => {
                    // No more than there are, which fits both types.
                    let count = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= count as u64;
                    count
                }
                _ => {
                    self.step(rest[0])?;
                    1
                }
            };
            self.settle();
        }
        Ok(taken)
    }

    /// The connection was closed: was that the end of the message?
    ///
    /// # Errors
    /// When more should have come.
    pub fn close(&self) -> Result<(), Truncated> {
        match self.state {
            State::Finished | State::UntilClose => Ok(()),
            _ => Err(Truncated),
        }
    }

    /// Leaves the states that wait for no further byte.
    fn settle(&mut self) {
        match self.state {
            State::Length(0) => self.state = State::Finished,
            State::Data(0) => self.state = State::DataReturn,
            _ => {}
        }
    }

    fn step(&mut self, byte: u8) -> Result<(), BodyError> {
        self.state = match self.state {
            State::SizeStart => State::Size(digit(byte).ok_or(BodyError::ChunkSize)?),
            State::Size(size) => match digit(byte) {
                Some(digit) if size >> 60 == 0 => State::Size(size << 4 | digit),
                Some(_) => return Err(BodyError::ChunkSize),
                None => after_size(size, byte)?,
            },
            State::SizeEnd(size) => after_size(size, byte)?,
            State::Extension(size) => {
                self.extensions += 1;
                match byte {
                    b'\r' => State::SizeLineFeed(size),
                    _ if is_text(byte) && self.extensions <= MAX_EXTENSIONS => State::Extension(size),
                    _ => return Err(BodyError::Extension),
                }
            }
            State::SizeLineFeed(0) if byte == b'\n' => State::TrailerStart,
            State::SizeLineFeed(size) if byte == b'\n' => State::Data(size),
            State::DataReturn if byte == b'\r' => State::DataLineFeed,
            State::DataLineFeed if byte == b'\n' => State::SizeStart,
            State::SizeLineFeed(_) | State::DataReturn | State::DataLineFeed => {
                return Err(BodyError::ChunkEnd);
            }
            State::LastLineFeed if byte == b'\n' => State::Finished,
            State::TrailerStart if byte == b'\r' => State::LastLineFeed,
            _ => return self.step_in_trailer(byte),
        };
        Ok(())
    }

    fn step_in_trailer(&mut self, byte: u8) -> Result<(), BodyError> {
        self.trailers += 1;
        if self.trailers > MAX_HEAD {
            return Err(BodyError::TrailersTooLarge);
        }
        self.state = match self.state {
            State::TrailerStart | State::TrailerName if is_token(byte) => State::TrailerName,
            State::TrailerName if byte == b':' => State::TrailerValue,
            State::TrailerValue if is_text(byte) => State::TrailerValue,
            State::TrailerValue if byte == b'\r' => State::TrailerLineFeed,
            State::TrailerLineFeed if byte == b'\n' => State::TrailerStart,
            _ => return Err(BodyError::Trailer),
        };
        Ok(())
    }
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

fn after_size(size: u64, byte: u8) -> Result<State, BodyError> {
    match byte {
        b' ' | b'\t' => Ok(State::SizeEnd(size)),
        b';' => Ok(State::Extension(size)),
        b'\r' => Ok(State::SizeLineFeed(size)),
        b'\n' => Err(BodyError::ChunkEnd),
        _ => Err(BodyError::ChunkSize),
    }
}

/// What a field value or an extension may hold (RFC 9110, 5.5): no control characters but the tab.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
