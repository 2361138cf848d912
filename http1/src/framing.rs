//! Which body follows a head, by section 6.3 of RFC 9112.

use httparse::Header;

use crate::head::Answers;

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// Nothing; the next message may follow.
    None,
    /// So many bytes; never 0.
    Length(u64),
    /// Chunks, then trailers.
    Chunked,
    /// All until the connection is closed; only in responses.
    UntilClose,
    /// Another protocol, both ways until the connection is closed; only in responses.
    Tunnel,
}

/// Why it is unclear where a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The oldest trick.
    #[error("the message has both a Transfer-Encoding and a Content-Length")]
    LengthAndEncoding,
    /// Not a number, or one beyond 64 bits.
    #[error("the Content-Length is not a number of bytes")]
    InvalidLength,
    /// Two lengths that differ.
    #[error("the message has several Content-Lengths that differ")]
    DifferentLengths,
    /// A request whose last transfer coding is not `chunked`, or any coding that nobody has heard of.
    #[error("the Transfer-Encoding is not one that ends with `chunked`")]
    UnknownEncoding,
    /// `chunked` twice.
    #[error("the Transfer-Encoding names `chunked` twice")]
    ChunkedTwice,
    /// HTTP/1.0 has no transfer codings.
    #[error("a message of HTTP/1.0 has a Transfer-Encoding")]
    EncodingInHttp10,
    /// A `CONNECT` request with a body, which has no meaning.
    #[error("a CONNECT request has a body")]
    ConnectWithBody,
    /// A 101 that nobody asked for.
    #[error("the server switches protocols without having been asked to")]
    UnaskedUpgrade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

impl From<Option<u8>> for Version {
    /// From httparse's minor version; it accepts 0 and 1 alone.
    fn from(minor: Option<u8>) -> Self {
        if minor == Some(0) {
            Self::Http10
        } else {
            Self::Http11
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Absent,
    /// `chunked` comes last.
    Chunked,
    /// Something else comes last.
    Other,
}

/// What the headers of one message say about its framing.
#[derive(Debug)]
pub(crate) struct Fields {
    version: Version,
    length: Option<u64>,
    encoding: Encoding,
    /// A coding that is not in IANA's registry.
    unregistered: bool,
    close: bool,
    keep: bool,
    upgrade_token: bool,
    upgrade_field: bool,
}

impl Fields {
    pub(crate) fn read(version: Version, headers: &[Header<'_>]) -> Result<Self, FramingError> {
        let mut fields = Self {
            version,
            length: None,
            encoding: Encoding::Absent,
            unregistered: false,
            close: false,
            keep: false,
            upgrade_token: false,
            upgrade_field: false,
        };
        for header in headers {
            // The lengths differ, so that most headers are passed over with one comparison.
            match header.name.len() {
                7 if header.name.eq_ignore_ascii_case("upgrade") => fields.upgrade_field = true,
                10 if header.name.eq_ignore_ascii_case("connection") => fields.connection(header.value),
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    fields.add_length(header.value)?
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                    fields.add_encoding(header.value)?;
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    /// RFC 9112, 9.3.
    pub(crate) fn keep_alive(&self) -> bool {
        !self.close && (self.version == Version::Http11 || self.keep)
    }

    /// RFC 9110, 7.8: the field counts only when `Connection` names it, and never in HTTP/1.0.
    pub(crate) fn upgrade(&self) -> bool {
        self.version == Version::Http11 && self.upgrade_field && self.upgrade_token
    }

    pub(crate) fn request_body(&self, method: &str) -> Result<BodyKind, FramingError> {
        self.refuse_contradictions()?;
        if method == "CONNECT" && (self.encoding != Encoding::Absent || self.length.is_some_and(|n| n > 0)) {
            return Err(FramingError::ConnectWithBody);
        }
        match self.encoding {
            Encoding::Chunked if self.unregistered => Err(FramingError::UnknownEncoding),
            Encoding::Chunked => Ok(BodyKind::Chunked),
            Encoding::Other => Err(FramingError::UnknownEncoding),
            Encoding::Absent => Ok(self.by_length(BodyKind::None)),
        }
    }

    pub(crate) fn response_body(&self, status: u16, answers: Answers) -> Result<BodyKind, FramingError> {
        match (status, answers) {
            (101, Answers::Upgrade) => return Ok(BodyKind::Tunnel),
            (101, _) => return Err(FramingError::UnaskedUpgrade),
            (100..200 | 204 | 304, _) | (_, Answers::Head) => return Ok(BodyKind::None),
            (200..300, Answers::Connect) => return Ok(BodyKind::Tunnel),
            _ => {}
        }
        self.refuse_contradictions()?;
        Ok(match self.encoding {
            Encoding::Chunked => BodyKind::Chunked,
            Encoding::Other => BodyKind::UntilClose,
            Encoding::Absent => self.by_length(BodyKind::UntilClose),
        })
    }

    fn by_length(&self, without: BodyKind) -> BodyKind {
        match self.length {
            None => without,
            Some(0) => BodyKind::None,
            Some(length) => BodyKind::Length(length),
        }
    }

    fn refuse_contradictions(&self) -> Result<(), FramingError> {
        match (self.encoding, self.length) {
            (Encoding::Absent, _) => Ok(()),
            (_, Some(_)) => Err(FramingError::LengthAndEncoding),
            _ if self.version == Version::Http10 => Err(FramingError::EncodingInHttp10),
            _ => Ok(()),
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for token in list(value) {
            self.close |= token.eq_ignore_ascii_case(b"close");
            self.keep |= token.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade_token |= token.eq_ignore_ascii_case(b"upgrade");
        }
    }

    /// Several lengths are fine as long as they say the same, in one line or in several.
    fn add_length(&mut self, value: &[u8]) -> Result<(), FramingError> {
        for token in value.split(|byte| *byte == b',') {
            let length = decimal(trim(token)).ok_or(FramingError::InvalidLength)?;
            if self.length.is_some_and(|before| before != length) {
                return Err(FramingError::DifferentLengths);
            }
            self.length = Some(length);
        }
        Ok(())
    }

    fn add_encoding(&mut self, value: &[u8]) -> Result<(), FramingError> {
        const REGISTERED: [&[u8]; 5] = [b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"];
        // An empty value is no coding, yet not the absence of the header either.
        if self.encoding == Encoding::Absent {
            self.encoding = Encoding::Other;
        }
        for token in list(value) {
            let chunked = token.eq_ignore_ascii_case(b"chunked");
            if self.encoding == Encoding::Chunked {
                // Whatever follows `chunked` hides the end of the message from whoever reads only the last coding.
                return Err(if chunked {
                    FramingError::ChunkedTwice
                } else {
                    FramingError::UnknownEncoding
                });
            }
            if chunked {
                self.encoding = Encoding::Chunked;
            } else {
                self.unregistered |= !REGISTERED.iter().any(|known| token.eq_ignore_ascii_case(known));
            }
        }
        Ok(())
    }
}

/// The members of a comma-separated list, without the empty ones (RFC 9110, 5.6.1).
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(trim)
        .filter(|token| !token.is_empty())
}

fn trim(mut token: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = token {
        token = rest;
    }
    token
}

/// `str::parse` would take a sign.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
