//! The head of a message: first line and headers.

use std::mem::MaybeUninit;

use httparse::{Header, Status};

use crate::framing::{BodyKind, Fields, FramingError, Version};
use crate::{MAX_HEAD, MAX_HEADERS};

/// The head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'bytes> {
    /// How many bytes it takes, the empty line at its end included.
    pub length: usize,
    /// `GET`, `POST`, …; methods are case-sensitive.
    pub method: &'bytes str,
    /// Path and query, as a rule.
    pub target: &'bytes str,
    /// What follows the head. Never [`BodyKind::UntilClose`] nor [`BodyKind::Tunnel`].
    pub body: BodyKind,
    /// Whether the client means to send another request on this connection.
    pub keep_alive: bool,
    /// Whether the client asks for another protocol on this connection.
    pub upgrade: bool,
}

impl RequestHead<'_> {
    /// What one has to know of this request to read the answer.
    #[must_use]
    pub fn answers(&self) -> Answers {
        match self.method {
            "HEAD" => Answers::Head,
            "CONNECT" => Answers::Connect,
            _ if self.upgrade => Answers::Upgrade,
            _ => Answers::Other,
        }
    }
}

/// The head of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseHead {
    /// How many bytes it takes, the empty line at its end included.
    pub length: usize,
    /// The status code.
    pub status: u16,
    /// What follows the head.
    pub body: BodyKind,
    /// Whether the server will read another request on this connection.
    pub keep_alive: bool,
}

impl ResponseHead {
    /// Whether the answer proper is still to come (1xx, but for 101).
    #[must_use]
    pub fn is_interim(&self) -> bool {
        self.status < 200 && self.status != 101
    }
}

/// Which kind of request a response answers: the response alone does not say where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// `HEAD`: never a body.
    Head,
    /// `CONNECT`: a tunnel, if granted.
    Connect,
    /// A request with `Upgrade`: another protocol, if granted.
    Upgrade,
    /// Any other.
    Other,
}

/// Why a head is refused. The message is fit to be shown to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// More than [`MAX_HEAD`] bytes.
    #[error("the head is larger than {MAX_HEAD} bytes")]
    TooLarge,
    /// More than [`MAX_HEADERS`] lines.
    #[error("the head has more than {MAX_HEADERS} headers")]
    TooManyHeaders,
    /// A line that ends with LF alone, or more than one empty line before the first.
    #[error("a line of the head does not end with CR LF, or the first is empty")]
    LineEnding,
    /// Anything else that the grammar does not allow.
    #[error("the head is malformed: {0}")]
    Syntax(httparse::Error),
    /// It is unclear where the message ends.
    #[error(transparent)]
    Framing(#[from] FramingError),
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::TooManyHeaders,
            other => Self::Syntax(other),
        }
    }
}

/// Reads heads. One for each direction of a connection; ready for the next head when one is complete.
///
/// A head that comes in pieces is parsed again only when a further line has ended, so that a peer that sends single bytes
/// cannot make the work grow with their square.
#[derive(Debug, Default)]
pub struct HeadParser {
    seen: usize,
}

impl HeadParser {
    /// A parser at the start of a message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the request head at the start of `bytes`, which are all those read since the message before ended. `None`
    /// when more are needed. `visit` is shown each header of a complete head, in order.
    ///
    /// # Errors
    /// When no further bytes can make this a head that is safe to pass on.
    pub fn request<'bytes>(
        &mut self,
        bytes: &'bytes [u8],
        visit: impl FnMut(&'bytes str, &'bytes [u8]),
    ) -> Result<Option<RequestHead<'bytes>>, HeadError> {
        self.advance(bytes, visit, parse_request)
    }

    /// Reads the response head at the start of `bytes`, as [`HeadParser::request`] does.
    ///
    /// # Errors
    /// When no further bytes can make this a head that is safe to pass on.
    pub fn response<'bytes>(
        &mut self,
        bytes: &'bytes [u8],
        answers: Answers,
        visit: impl FnMut(&'bytes str, &'bytes [u8]),
    ) -> Result<Option<ResponseHead>, HeadError> {
        self.advance(bytes, visit, |bytes, visit| parse_response(bytes, answers, visit))
    }

    fn advance<'bytes, Head, Visit: FnMut(&'bytes str, &'bytes [u8])>(
        &mut self,
        bytes: &'bytes [u8],
        mut visit: Visit,
        parse: impl Fn(&'bytes [u8], &mut Visit) -> Result<Option<Head>, HeadError>,
    ) -> Result<Option<Head>, HeadError> {
        let all = &bytes[..bytes.len().min(MAX_HEAD)];
        let fresh = all.get(self.seen..).unwrap_or_default();
        self.seen = all.len();
        let parsed = if fresh.contains(&b'\n') {
            match parse(all, &mut visit) {
                // Only whole lines are judged: otherwise it would depend on the reads how soon an error is seen.
                Err(_) => parse(whole_lines(all), &mut visit)?,
                parsed => parsed?,
            }
        } else {
            None
        };
        if parsed.is_some() {
            self.seen = 0;
        } else if all.len() == MAX_HEAD {
            return Err(HeadError::TooLarge);
        }
        Ok(parsed)
    }
}

fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    &bytes[..end.map_or(0, |end| end + 1)]
}

fn parse_request<'bytes>(
    bytes: &'bytes [u8],
    visit: &mut impl FnMut(&'bytes str, &'bytes [u8]),
) -> Result<Option<RequestHead<'bytes>>, HeadError> {
    // RFC 9112, 2.2: a server should ignore one empty line before the request line. It is passed on with the head.
    let skipped = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let bytes = &bytes[skipped..];
    refuse_empty_line(bytes)?;
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    let Status::Complete(length) = request.parse_with_uninit_headers(bytes, &mut storage)? else {
        return Ok(None);
    };
    refuse_bare_line_feeds(&bytes[..length], request.headers)?;
    let (Some(method), Some(target)) = (request.method, request.path) else {
        return Err(HeadError::Syntax(httparse::Error::Token));
    };
    let fields = Fields::read(Version::from(request.version), request.headers)?;
    let body = fields.request_body(method)?;
    for header in request.headers.iter() {
        visit(header.name, header.value);
    }
    Ok(Some(RequestHead {
        length: skipped + length,
        method,
        target,
        body,
        keep_alive: fields.keep_alive(),
        upgrade: fields.upgrade(),
    }))
}

fn parse_response<'bytes>(
    bytes: &'bytes [u8],
    answers: Answers,
    visit: &mut impl FnMut(&'bytes str, &'bytes [u8]),
) -> Result<Option<ResponseHead>, HeadError> {
    refuse_empty_line(bytes)?;
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut storage,
    )?;
    let Status::Complete(length) = parsed else {
        return Ok(None);
    };
    refuse_bare_line_feeds(&bytes[..length], response.headers)?;
    let Some(status) = response.code.filter(|code| (100..1000).contains(code)) else {
        return Err(HeadError::Syntax(httparse::Error::Status));
    };
    let fields = Fields::read(Version::from(response.version), response.headers)?;
    let body = fields.response_body(status, answers)?;
    for header in response.headers.iter() {
        visit(header.name, header.value);
    }
    let delimited = !matches!(body, BodyKind::UntilClose | BodyKind::Tunnel);
    Ok(Some(ResponseHead {
        length,
        status,
        body,
        keep_alive: delimited && fields.keep_alive(),
    }))
}

/// httparse skips any number of empty lines before the first.
fn refuse_empty_line(bytes: &[u8]) -> Result<(), HeadError> {
    match bytes.first() {
        Some(b'\r' | b'\n') => Err(HeadError::LineEnding),
        _ => Ok(()),
    }
}

/// httparse takes LF alone as the end of a line; the next parser may not. Each header's name must follow a CR LF, which
/// covers every line but the last.
fn refuse_bare_line_feeds(head: &[u8], headers: &[Header<'_>]) -> Result<(), HeadError> {
    let start = head.as_ptr() as usize;
    let after_line = |header: &Header<'_>| {
        let offset = header.name.as_ptr() as usize - start;
        head[..offset].ends_with(b"\r\n")
    };
    if head.ends_with(b"\r\n\r\n") && headers.iter().all(after_line) {
        Ok(())
    } else {
        Err(HeadError::LineEnding)
    }
}
