//! Reading one answer: its status is kept, its body is drained.

use http1::{Answers, Body, HeadParser};

/// A complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Whether the connection can carry another request.
    pub keep_alive: bool,
}

/// What was sent is not an answer to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotHttp;

/// Follows an answer to its end. Bounded: a head that comes in pieces is kept until it is whole, up to
/// [`http1::MAX_HEAD`]; of a body nothing is kept.
#[derive(Debug)]
pub struct ResponseReader {
    answers: Answers,
    parser: HeadParser,
    /// The part of a head that has come, when the rest has not.
    partial: Vec<u8>,
    body: Option<(Answer, Body)>,
    begun: bool,
}

impl ResponseReader {
    pub fn new(is_head: bool) -> Self {
        let answers = if is_head { Answers::Head } else { Answers::Other };
        Self {
            answers,
            parser: HeadParser::new(),
            partial: Vec::new(),
            body: None,
            begun: false,
        }
    }

    /// Whether any byte has come.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Takes the next bytes; gives the answer once it is complete.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<Answer>, NotHttp> {
        self.begun |= !bytes.is_empty();
        loop {
            if let Some((answer, body)) = &mut self.body {
                let taken = body.advance(bytes).map_err(|_| NotHttp)?;
                let mut answer = *answer;
                // Bytes beyond the end belong to no request of ours, so the connection cannot be trusted.
                answer.keep_alive &= taken == bytes.len();
                return Ok(body.is_finished().then_some(answer));
            }
            if !self.partial.is_empty() {
                return self.feed_joined(bytes);
            }
            let Some(head) = self
                .parser
                .response(bytes, self.answers, |_, _| ())
                .map_err(|_| NotHttp)?
            else {
                self.partial.extend_from_slice(bytes);
                return Ok(None);
            };
            bytes = &bytes[head.length..];
            if !head.is_interim() {
                let answer = Answer {
                    status: head.status,
                    keep_alive: head.keep_alive,
                };
                self.body = Some((answer, Body::new(head.body)));
            } else if bytes.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The connection was closed: gives the answer if that is how it ends.
    pub fn close(&self) -> Option<Answer> {
        let (answer, body) = self.body.as_ref()?;
        body.close().is_ok().then_some(Answer {
            keep_alive: false,
            ..*answer
        })
    }

    fn feed_joined(&mut self, bytes: &[u8]) -> Result<Option<Answer>, NotHttp> {
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(bytes);
        self.feed(&joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Answer = Answer {
        status: 200,
        keep_alive: true,
    };

    #[test]
    fn an_answer_is_the_same_in_pieces_of_any_size() {
        let message = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                        5\r\nhello\r\n0\r\nx: y\r\n\r\n";
        for size in 1..=message.len() {
            let mut reader = ResponseReader::new(false);
            let mut answers = Vec::new();
            for piece in message.chunks(size) {
                answers.extend(reader.feed(piece).expect("HTTP"));
            }
            assert_eq!(answers, [OK], "in pieces of {size}");
        }
    }

    #[test]
    fn an_answer_may_end_with_the_connection() {
        let mut reader = ResponseReader::new(false);
        assert_eq!(reader.feed(b"HTTP/1.1 200 OK\r\n\r\nall there is"), Ok(None));
        assert_eq!(
            reader.close(),
            Some(Answer {
                status: 200,
                keep_alive: false
            })
        );
    }

    #[test]
    fn half_an_answer_is_none() {
        let mut reader = ResponseReader::new(false);
        assert_eq!(
            reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
            Ok(None)
        );
        assert_eq!(reader.close(), None);
        assert!(reader.has_begun());
        assert_eq!(ResponseReader::new(false).close(), None);
    }

    #[test]
    fn the_answer_to_head_has_no_body() {
        let mut reader = ResponseReader::new(true);
        assert_eq!(
            reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"),
            Ok(Some(OK))
        );
    }

    #[test]
    fn what_comes_beyond_the_answer_ends_the_connection() {
        let mut reader = ResponseReader::new(false);
        let answer = reader.feed(b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(
            answer,
            Ok(Some(Answer {
                status: 204,
                keep_alive: false
            }))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(
            ResponseReader::new(false).feed(b"SSH-2.0-OpenSSH\r\n"),
            Err(NotHttp)
        );
        let mut reader = ResponseReader::new(false);
        assert_eq!(reader.feed(&vec![b'x'; 2 * http1::MAX_HEAD]), Err(NotHttp));
    }
}
