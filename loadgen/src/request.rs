//! A request that is ready to be sent: everything is decided but when it leaves.

/// One request of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number in the plan.
    pub sequence: u64,
    /// Its journey, as an index into [`LoadPlan::journeys`](crate::LoadPlan::journeys).
    pub journey: usize,
    /// The trace it begins.
    pub trace_id: [u8; 16],
    /// The id of its root span, the parent that its `traceparent` names.
    pub span_id: [u8; 8],
    /// Whether the plan picked it for a fault.
    pub picked: bool,
    method: String,
    path: String,
    /// Header lines as they are sent, each with its line end.
    header_lines: Vec<u8>,
    names_host: bool,
    names_user_agent: bool,
    body: Vec<u8>,
}

/// A method, path or header that would not be one on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// Not a token.
    #[error("the method {0:?} is not one: it may have letters, digits and hyphens only")]
    Method(String),
    /// Does not begin with a slash, or holds what a request line cannot.
    #[error(
        "the path {0:?} cannot be sent: it begins with / and holds visible ASCII characters only (encode others as %xx)"
    )]
    Path(String),
    /// A name that is not a token, or a value with a control character.
    #[error("the header {0:?} cannot be sent: its name must be a token and its value one line")]
    Header(String),
    /// A header that the client sets itself, since the message's framing hangs on it.
    #[error("the header {0:?} is set by the client itself: leave it out")]
    Framing(String),
}

/// Headers that frame the message or the connection.
const FRAMING: [&str; 5] = [
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
    "upgrade",
];

impl Request {
    /// A request without headers and body. `path` may have a query.
    pub fn new(
        sequence: u64,
        journey: usize,
        method: impl Into<String>,
        path: impl Into<String>,
    ) -> Result<Self, InvalidRequest> {
        let (method, path) = (method.into(), path.into());
        if !is_token(&method) {
            return Err(InvalidRequest::Method(method));
        }
        if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidRequest::Path(path));
        }
        Ok(Self {
            sequence,
            journey,
            trace_id: [0; 16],
            span_id: [0; 8],
            picked: false,
            method,
            path,
            header_lines: Vec::new(),
            names_host: false,
            names_user_agent: false,
            body: Vec::new(),
        })
    }

    /// Adds a header. `Host` and `User-Agent` are sent by the client itself unless they are given here.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), InvalidRequest> {
        let value_fits = value
            .bytes()
            .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
        if !is_token(name) || !value_fits {
            return Err(InvalidRequest::Header(name.to_owned()));
        }
        if FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
            return Err(InvalidRequest::Framing(name.to_owned()));
        }
        self.names_host |= name.eq_ignore_ascii_case("host");
        self.names_user_agent |= name.eq_ignore_ascii_case("user-agent");
        let lines = &mut self.header_lines;
        for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            lines.extend_from_slice(part);
        }
        Ok(())
    }

    /// Sets the body.
    pub fn body(&mut self, body: impl Into<Vec<u8>>) {
        self.body = body.into();
    }

    /// Sets the trace and the root span, without adding a header: which header carries them is the plan's choice.
    pub fn trace(&mut self, trace_id: [u8; 16], span_id: [u8; 8]) {
        self.trace_id = trace_id;
        self.span_id = span_id;
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path and query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the request may be sent a second time when nobody knows what became of the first (RFC 9110, 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(
            self.method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" | "TRACE"
        )
    }

    /// Whether the answer has no body, whatever its headers say.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Appends the message as it is sent.
    pub(crate) fn encode(&self, target: &crate::Target, output: &mut Vec<u8>) {
        self.encode_head(target, self.body.len(), output);
        output.extend_from_slice(&self.body);
    }

    /// Appends the head of the message, for a body of so many bytes.
    pub(crate) fn encode_head(&self, target: &crate::Target, body_length: usize, output: &mut Vec<u8>) {
        for part in [
            self.method.as_bytes(),
            b" ",
            target.base_path().as_bytes(),
            self.path.as_bytes(),
            b" HTTP/1.1\r\n",
        ] {
            output.extend_from_slice(part);
        }
        if !self.names_host {
            output.extend_from_slice(target.host_line());
        }
        if !self.names_user_agent {
            output.extend_from_slice(USER_AGENT_LINE.as_bytes());
        }
        output.extend_from_slice(&self.header_lines);
        let wants_length = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if wants_length || body_length > 0 {
            output.extend_from_slice(b"content-length: ");
            output.extend_from_slice(body_length.to_string().as_bytes());
            output.extend_from_slice(b"\r\n");
        }
        output.extend_from_slice(b"\r\n");
    }
}

/// Who we are, in a header line.
pub(crate) const USER_AGENT_LINE: &str =
    concat!("user-agent: faultmart-load/", env!("CARGO_PKG_VERSION"), "\r\n");

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    fn encoded(request: &Request) -> String {
        let target = Target::parse("http://127.0.0.1:8080/shop").expect("a target");
        let mut output = Vec::new();
        request.encode(&target, &mut output);
        String::from_utf8(output).expect("text")
    }

    #[test]
    fn a_get_is_sent_with_what_the_plan_says_and_who_we_are() {
        let mut request = Request::new(0, 0, "GET", "/api/orders?page=2").expect("valid");
        request.header("traceparent", "00-1-2-01").expect("valid");
        assert_eq!(
            encoded(&request),
            format!(
                "GET /shop/api/orders?page=2 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n{USER_AGENT_LINE}\
                 traceparent: 00-1-2-01\r\n\r\n"
            )
        );
    }

    #[test]
    fn a_post_has_its_length_also_without_a_body() {
        let mut request = Request::new(0, 0, "POST", "/").expect("valid");
        assert!(encoded(&request).contains("content-length: 0\r\n\r\n"));
        request.body(*b"{}");
        assert!(encoded(&request).ends_with("content-length: 2\r\n\r\n{}"));
    }

    #[test]
    fn a_host_or_user_agent_of_the_plan_takes_the_place_of_ours() {
        let mut request = Request::new(0, 0, "GET", "/").expect("valid");
        request.header("x-first", "1").expect("valid");
        request.header("Host", "shop.example").expect("valid");
        request.header("User-Agent", "me").expect("valid");
        let text = encoded(&request);
        assert_eq!(text.to_lowercase().matches("host:").count(), 1, "{text}");
        assert_eq!(text.to_lowercase().matches("user-agent:").count(), 1, "{text}");
    }

    #[test]
    fn nothing_can_smuggle_a_line_into_the_message() {
        assert!(Request::new(0, 0, "GET", "/a b").is_err());
        assert!(Request::new(0, 0, "GET", "/a\r\nx: y").is_err());
        assert!(Request::new(0, 0, "GET", "*").is_err());
        assert!(Request::new(0, 0, "GE T", "/").is_err());
        let mut request = Request::new(0, 0, "GET", "/").expect("valid");
        assert!(request.header("x", "a\r\nb: c").is_err());
        assert!(request.header("x y", "a").is_err());
        assert!(request.header("Content-Length", "3").is_err());
        assert!(request.header("transfer-encoding", "chunked").is_err());
    }
}
