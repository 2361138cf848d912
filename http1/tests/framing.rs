//! Where messages end, what is refused, and that neither depends on how the bytes came.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an error is to fail, there and then"
)]

use http1::{
    Answers, Body, BodyError, BodyKind, FramingError, HeadError, HeadParser, RequestHead, ResponseHead,
};
use proptest::prelude::*;

fn request(text: &str) -> Result<Option<RequestHead<'_>>, HeadError> {
    HeadParser::new().request(text.as_bytes(), |_, _| {})
}

fn response(text: &str, answers: Answers) -> Result<Option<ResponseHead>, HeadError> {
    HeadParser::new().response(text.as_bytes(), answers, |_, _| {})
}

/// The kind of body of a request with these header lines.
fn request_body(lines: &str) -> Result<BodyKind, HeadError> {
    Ok(request(&format!("POST / HTTP/1.1\r\nhost: x\r\n{lines}\r\n"))?
        .unwrap()
        .body)
}

fn response_body(status: u16, answers: Answers, lines: &str) -> Result<BodyKind, HeadError> {
    Ok(response(&format!("HTTP/1.1 {status} x\r\n{lines}\r\n"), answers)?
        .unwrap()
        .body)
}

#[test]
fn a_request_head_is_read_and_its_headers_are_shown() {
    let text = "GET /a?b HTTP/1.1\r\nHost: x\r\nbaggage:  a=1 \r\n\r\nGET";
    let mut headers = Vec::new();
    let head = HeadParser::new()
        .request(text.as_bytes(), |name, value| headers.push((name, value)))
        .unwrap()
        .unwrap();
    assert_eq!(
        (head.method, head.target, head.length),
        ("GET", "/a?b", text.len() - 3)
    );
    assert_eq!(head.body, BodyKind::None);
    assert!(head.keep_alive && !head.upgrade);
    assert_eq!(headers, [("Host", &b"x"[..]), ("baggage", b"a=1")]);
}

#[test]
fn the_body_of_a_request_follows_from_its_headers() {
    for (lines, kind) in [
        ("", BodyKind::None),
        ("content-length: 0\r\n", BodyKind::None),
        ("Content-Length: 12\r\n", BodyKind::Length(12)),
        (
            "content-length: 12, 12\r\ncontent-length: 12\r\n",
            BodyKind::Length(12),
        ),
        ("transfer-encoding: chunked\r\n", BodyKind::Chunked),
        (
            "Transfer-Encoding: gzip\r\nTRANSFER-ENCODING: , Chunked\r\n",
            BodyKind::Chunked,
        ),
    ] {
        assert_eq!(request_body(lines), Ok(kind), "{lines:?}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    use FramingError::*;
    for (lines, error) in [
        (
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            LengthAndEncoding,
        ),
        (
            "transfer-encoding: chunked\r\ncontent-length: 0\r\n",
            LengthAndEncoding,
        ),
        ("content-length: 5\r\ncontent-length: 6\r\n", DifferentLengths),
        ("content-length: 5, 6\r\n", DifferentLengths),
        ("content-length: +5\r\n", InvalidLength),
        ("content-length: -5\r\n", InvalidLength),
        ("content-length: 0x5\r\n", InvalidLength),
        ("content-length: 5 6\r\n", InvalidLength),
        ("content-length: 5,\r\n", InvalidLength),
        ("content-length:\r\n", InvalidLength),
        ("content-length: 18446744073709551616\r\n", InvalidLength),
        ("transfer-encoding: identity\r\n", UnknownEncoding),
        ("transfer-encoding:\r\n", UnknownEncoding),
        ("transfer-encoding: xchunked\r\n", UnknownEncoding),
        ("transfer-encoding: \"chunked\"\r\n", UnknownEncoding),
        ("transfer-encoding: chunked;q=1\r\n", UnknownEncoding),
        ("transfer-encoding: identity, chunked\r\n", UnknownEncoding),
        ("transfer-encoding: chunked, gzip\r\n", UnknownEncoding),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
            UnknownEncoding,
        ),
        ("transfer-encoding: chunked, chunked\r\n", ChunkedTwice),
    ] {
        assert_eq!(request_body(lines), Err(HeadError::Framing(error)), "{lines:?}");
    }
    let old = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(request(old), Err(HeadError::Framing(EncodingInHttp10)));
    let connect = "CONNECT x:1 HTTP/1.1\r\ncontent-length: 5\r\n\r\n";
    assert_eq!(request(connect), Err(HeadError::Framing(ConnectWithBody)));
}

#[test]
fn what_the_grammar_does_not_allow_is_refused() {
    for text in [
        "GET / HTTP/1.1\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n\n",
        "GET / HTTP/1.1\r\nhost: x\rtransfer-encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n\r\r\n\r\n",
        "GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        "GET / HTTP/1.1\r\ntransfer-encoding\t: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\ntransfer-encoding:\x0bchunked\r\n\r\n",
        "GET / HTTP/1.1\r\n transfer-encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nx: y\r\n transfer-encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nx: y\0z\r\n\r\n",
        "GET / HTTP/1.1\r\nx\r\n\r\n",
        "GET / HTTP/1.1\r\n: y\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "\nGET / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\n",
    ] {
        assert!(request(text).is_err(), "{text:?}");
    }
    for text in [
        "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 20 x\r\n\r\n",
        "HTTP/1.1 200 x\n\r\n",
        "\r\nHTTP/1.1 200 x\r\n\r\n",
    ] {
        assert!(response(text, Answers::Other).is_err(), "{text:?}");
    }
}

#[test]
fn one_empty_line_before_a_request_belongs_to_it() {
    let text = "\r\nGET / HTTP/1.1\r\n\r\n";
    assert_eq!(request(text).unwrap().unwrap().length, text.len());
}

#[test]
fn the_body_of_a_response_follows_from_the_request_the_status_and_the_headers() {
    let length = "content-length: 5\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    for (status, answers, lines, kind) in [
        (200, Answers::Other, length, BodyKind::Length(5)),
        (200, Answers::Other, chunked, BodyKind::Chunked),
        (200, Answers::Other, "", BodyKind::UntilClose),
        (
            200,
            Answers::Other,
            "transfer-encoding: gzip\r\n",
            BodyKind::UntilClose,
        ),
        (200, Answers::Head, length, BodyKind::None),
        (200, Answers::Head, chunked, BodyKind::None),
        (100, Answers::Other, length, BodyKind::None),
        (103, Answers::Upgrade, "", BodyKind::None),
        (204, Answers::Other, length, BodyKind::None),
        (304, Answers::Other, length, BodyKind::None),
        (101, Answers::Upgrade, "", BodyKind::Tunnel),
        (200, Answers::Connect, length, BodyKind::Tunnel),
        (407, Answers::Connect, length, BodyKind::Length(5)),
        (404, Answers::Upgrade, length, BodyKind::Length(5)),
    ] {
        assert_eq!(
            response_body(status, answers, lines),
            Ok(kind),
            "{status} {answers:?} {lines:?}"
        );
    }
    use FramingError::*;
    for (status, lines, error) in [
        (
            200,
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            LengthAndEncoding,
        ),
        (
            200,
            "content-length: 5\r\ncontent-length: 6\r\n",
            DifferentLengths,
        ),
        (101, "", UnaskedUpgrade),
    ] {
        assert_eq!(
            response_body(status, Answers::Other, lines),
            Err(HeadError::Framing(error))
        );
    }
}

#[test]
fn a_connection_is_kept_as_the_version_and_the_connection_header_say() {
    for (version, lines, kept) in [
        ("1.1", "", true),
        ("1.1", "connection: Close\r\n", false),
        ("1.1", "connection: x, close\r\n", false),
        ("1.1", "connection: keep-alive\r\nconnection: close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "connection: keep-alive, close\r\n", false),
    ] {
        let head = format!("GET / HTTP/{version}\r\n{lines}\r\n");
        assert_eq!(request(&head).unwrap().unwrap().keep_alive, kept, "{head:?}");
        let head = format!("HTTP/{version} 200 OK\r\ncontent-length: 5\r\n{lines}\r\n");
        assert_eq!(
            response(&head, Answers::Other).unwrap().unwrap().keep_alive,
            kept,
            "{head:?}"
        );
    }
    let until_close = response("HTTP/1.1 200 OK\r\n\r\n", Answers::Other)
        .unwrap()
        .unwrap();
    assert!(!until_close.keep_alive);
}

#[test]
fn an_upgrade_must_be_named_by_connection() {
    let asks = |text| request(text).unwrap().unwrap().upgrade;
    assert!(asks(
        "GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: keep-alive, Upgrade\r\n\r\n"
    ));
    assert!(!asks("GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n"));
    assert!(!asks("GET / HTTP/1.1\r\nconnection: upgrade\r\n\r\n"));
    assert!(!asks(
        "GET / HTTP/1.0\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
    ));
}

#[test]
fn heads_have_limits() {
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(http1::MAX_HEAD));
    assert_eq!(request(&long), Err(HeadError::TooLarge));
    let many = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        "a: b\r\n".repeat(http1::MAX_HEADERS + 1)
    );
    assert_eq!(request(&many), Err(HeadError::TooManyHeaders));
    let enough = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(http1::MAX_HEADERS));
    assert_eq!(request(&enough).unwrap().unwrap().length, enough.len());
}

fn body(kind: BodyKind, bytes: &str) -> Result<(usize, bool), BodyError> {
    let mut body = Body::new(kind);
    let taken = body.advance(bytes.as_bytes())?;
    Ok((taken, body.is_finished()))
}

#[test]
fn bodies_end_where_they_should() {
    assert_eq!(body(BodyKind::None, "GET"), Ok((0, true)));
    assert_eq!(body(BodyKind::Length(3), "abGET"), Ok((3, true)));
    assert_eq!(body(BodyKind::Length(6), "abGET"), Ok((5, false)));
    assert_eq!(body(BodyKind::UntilClose, "abGET"), Ok((5, false)));
    for whole in [
        "0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "0003;name=\"a; b\" ;x\r\nabc\r\n00\r\n\r\n",
        "A \t\r\n0123456789\r\n0\r\nx-sum: 1\r\nEmpty:\r\n\r\n",
    ] {
        let followed = format!("{whole}GET");
        assert_eq!(
            body(BodyKind::Chunked, &followed),
            Ok((whole.len(), true)),
            "{whole:?}"
        );
        for end in 0..whole.len() {
            assert_eq!(
                body(BodyKind::Chunked, &whole[..end]),
                Ok((end, false)),
                "{whole:?} to {end}"
            );
        }
    }
}

#[test]
fn malformed_chunks_are_refused() {
    let endless = format!("1;{}", "a".repeat(20_000));
    let trailers = format!("0\r\n{}", "a: b\r\n".repeat(20_000));
    for (bytes, error) in [
        ("x\r\n", BodyError::ChunkSize),
        ("\r\n", BodyError::ChunkSize),
        ("-1\r\n", BodyError::ChunkSize),
        ("0x3\r\n", BodyError::ChunkSize),
        (" 3\r\n", BodyError::ChunkSize),
        ("3 3\r\n", BodyError::ChunkSize),
        ("10000000000000000\r\n", BodyError::ChunkSize),
        ("3\nabc", BodyError::ChunkEnd),
        ("3\rabc", BodyError::ChunkEnd),
        ("3\r\nabcd", BodyError::ChunkEnd),
        ("3\r\nabc\n", BodyError::ChunkEnd),
        ("3\r\nabc\rx", BodyError::ChunkEnd),
        ("3;a\nabc", BodyError::Extension),
        ("3;a\0", BodyError::Extension),
        (&endless, BodyError::Extension),
        ("0\r\nx\r\n", BodyError::Trailer),
        ("0\r\n x: y\r\n", BodyError::Trailer),
        ("0\r\nx : y\r\n", BodyError::Trailer),
        ("0\r\nx: y\n", BodyError::Trailer),
        ("0\r\nx: y\rz", BodyError::Trailer),
        ("0\r\n\n", BodyError::Trailer),
        ("0\r\n\rx", BodyError::Trailer),
        (&trailers, BodyError::TrailersTooLarge),
    ] {
        assert_eq!(
            body(BodyKind::Chunked, bytes),
            Err(error),
            "{:?}",
            &bytes[..bytes.len().min(20)]
        );
    }
}

#[test]
fn a_close_in_the_middle_is_no_end() {
    assert!(Body::new(BodyKind::UntilClose).close().is_ok());
    assert!(Body::new(BodyKind::None).close().is_ok());
    assert!(Body::new(BodyKind::Length(1)).close().is_err());
    assert!(Body::new(BodyKind::Chunked).close().is_err());
}

/// One after another, the lengths of the messages in a stream that comes in these pieces, and how it ended.
#[derive(Debug, PartialEq)]
enum Ended {
    InHead,
    InBody,
    BetweenMessages,
    Refused(String),
}

fn read_requests<'bytes>(pieces: impl Iterator<Item = &'bytes [u8]>) -> (Vec<usize>, Ended) {
    let (mut parser, mut buffer, mut lengths) = (HeadParser::new(), Vec::new(), Vec::new());
    let mut current: Option<(Body, usize)> = None;
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while !buffer.is_empty() {
            if let Some((body, length)) = &mut current {
                match body.advance(&buffer) {
                    Ok(taken) => {
                        buffer.drain(..taken);
                        *length += taken;
                    }
                    Err(error) => return (lengths, Ended::Refused(error.to_string())),
                }
            } else {
                match parser.request(&buffer, |_, _| {}) {
                    Ok(Some(head)) => {
                        let length = head.length;
                        current = Some((Body::new(head.body), length));
                        buffer.drain(..length);
                    }
                    Ok(None) => break,
                    Err(error) => return (lengths, Ended::Refused(error.to_string())),
                }
            }
            if let Some((_, length)) = current.take_if(|(body, _)| body.is_finished()) {
                lengths.push(length);
            }
        }
    }
    let ended = match current {
        Some(_) => Ended::InBody,
        None if buffer.is_empty() => Ended::BetweenMessages,
        None => Ended::InHead,
    };
    (lengths, ended)
}

/// Cuts at the given places, taken modulo the length.
fn pieces<'bytes>(bytes: &'bytes [u8], cuts: &[usize]) -> Vec<&'bytes [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

fn message() -> impl Strategy<Value = String> {
    let headers =
        proptest::collection::vec("[a-z-]{1,12}: ?[ -~]{0,20}\r\n", 0..5).prop_map(|lines| lines.concat());
    let chunks = proptest::collection::vec(("[a-z\r\n]{1,40}", "(;[a-z=\"]{0,9})?"), 0..5);
    let trailers =
        proptest::collection::vec("x-[a-z]{1,9}: [a-z]{0,9}\r\n", 0..3).prop_map(|lines| lines.concat());
    let chunked = (headers.clone(), chunks, trailers).prop_map(|(headers, chunks, trailers)| {
        let chunks: String = chunks
            .iter()
            .map(|(data, extension)| format!("{:x}{extension}\r\n{data}\r\n", data.len()))
            .collect();
        format!("PUT / HTTP/1.1\r\n{headers}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n{trailers}\r\n")
    });
    prop_oneof![
        headers
            .clone()
            .prop_map(|headers| format!("GET /x HTTP/1.1\r\n{headers}\r\n")),
        (headers, "[a-z\r\n]{0,60}").prop_map(|(headers, body)| {
            format!(
                "POST /x HTTP/1.1\r\n{headers}content-length: {}\r\n\r\n{body}",
                body.len()
            )
        }),
        chunked,
    ]
}

proptest! {
    #[test]
    fn messages_are_found_however_they_come(
        messages in proptest::collection::vec(message(), 1..5),
        cuts in proptest::collection::vec(any::<usize>(), 0..30),
    ) {
        let lengths: Vec<usize> = messages.iter().map(String::len).collect();
        let bytes = messages.concat();
        let read = read_requests(pieces(bytes.as_bytes(), &cuts).into_iter());
        prop_assert_eq!(&read, &(lengths, Ended::BetweenMessages));
        prop_assert_eq!(read, read_requests(bytes.as_bytes().chunks(1)));
    }

    #[test]
    fn damage_is_judged_alike_however_it_comes(
        messages in proptest::collection::vec(message(), 1..4),
        damage in proptest::collection::vec((any::<usize>(), "[\r\n\0 :a]"), 1..3),
        cuts in proptest::collection::vec(any::<usize>(), 0..30),
    ) {
        let mut bytes = messages.concat().into_bytes();
        for (place, with) in damage {
            let place = place % bytes.len();
            bytes[place] = with.as_bytes()[0];
        }
        let whole = read_requests(std::iter::once(bytes.as_slice()));
        prop_assert_eq!(&whole, &read_requests(pieces(&bytes, &cuts).into_iter()));
        prop_assert_eq!(&whole, &read_requests(bytes.chunks(1)));
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_requests(bytes.chunks(7));
        let _ = HeadParser::new().response(&bytes, Answers::Other, |_, _| {});
        let _ = Body::new(BodyKind::Chunked).advance(&bytes);
    }
}
