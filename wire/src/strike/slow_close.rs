//! `slow-close`: an answer that ends with its connection, which is then kept open for a while.

use std::ops::Range;
use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;

use super::Mechanism;

pub(super) fn draw(fault: &ActiveFault) -> Mechanism {
    Mechanism::SlowClose(SlowClose {
        hold: fault.duration("hold"),
        answered: None,
    })
}

/// An end that is held back.
#[derive(Debug)]
pub(crate) struct SlowClose {
    hold: Duration,
    answered: Option<Instant>,
}

impl SlowClose {
    /// All of the answer is written. Until when its end is held back.
    pub(crate) fn answered(&mut self) -> Instant {
        *self.answered.get_or_insert_with(Instant::now) + self.hold
    }

    /// How long the end has been held back; none when the answer is not whole yet.
    pub(crate) fn held(&self) -> Option<Duration> {
        self.answered.map(|answered| answered.elapsed())
    }
}

/// Where a head says how long the body is: the whole line. Without it, a reader takes the end of the connection for the end of
/// the answer (RFC 9112, 6.3). The head has been read before, and is well formed.
pub(crate) fn length_line(head: &[u8]) -> Option<Range<usize>> {
    const NAME: &[u8] = b"content-length:";
    let mut start = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            return Some(start..end);
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_the_length_is_found_whatever_its_case() {
        let head = b"HTTP/1.1 200 OK\r\nx-content-length: 7\r\nContent-Length: 5\r\nx: y\r\n\r\n";
        let range = length_line(head).unwrap();
        assert_eq!(&head[range], b"Content-Length: 5\r\n");
        assert_eq!(
            length_line(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
            None
        );
    }
}
