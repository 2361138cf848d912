//! One direction of a connection: bytes that were read, of which some may go on, of which some are held.
//!
//! ```text
//!  written      released      cleared         read
//!     │ to write now │    held     │  not judged  │
//! ────┴──────────────┴─────────────┴──────────────┴────▶
//! ```
//!
//! While a fault strikes, a [`Line`] says when each byte goes on.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::delay::{Delays, Wait};
use crate::line::Line;

/// What a pipe starts with: most messages of the shop fit in.
const FIRST: usize = 4 * 1024;
/// What a pipe grows to when its reader has more; also the largest head.
const LARGEST: usize = http1::MAX_HEAD;
/// What it grows to while bytes are held, so that a delay does not turn into a narrow line.
const LARGEST_HELD: usize = 1024 * 1024;

/// One direction of a connection.
pub(crate) struct Pipe {
    bytes: Vec<u8>,
    written: usize,
    released: usize,
    cleared: usize,
    read: usize,
    ended: bool,
    arrived: Instant,
    line: Option<Box<dyn Line>>,
    holds: VecDeque<Hold>,
    wait: Wait,
    /// The next hold is measured.
    measures: bool,
    /// When the bytes came that are measured and about to be written.
    held_since: Option<Instant>,
    longest: Option<Duration>,
    /// How long everything is on its way, faults or none. It is nobody's fault and not measured.
    distance: Duration,
}

/// Bytes that came together and go on together. Counted, not pointed at, since the buffer is moved.
struct Hold {
    length: usize,
    due: Instant,
    /// When they came, if it is to be measured how long they were held.
    measured_since: Option<Instant>,
}

impl Pipe {
    pub(crate) fn new(distance: Duration) -> Self {
        Self {
            distance,
            bytes: Vec::new(),
            written: 0,
            released: 0,
            cleared: 0,
            read: 0,
            ended: false,
            arrived: Instant::now(),
            line: None,
            holds: VecDeque::new(),
            wait: Wait::default(),
            measures: false,
            held_since: None,
            longest: None,
        }
    }

    /// Reads what has come, as far as there is room. Ready when there is something new to look at (bytes, or the end);
    /// pending when nothing came, or when there is no room before something is written.
    pub(crate) fn poll_fill(
        &mut self,
        context: &mut Context<'_>,
        source: &mut TcpStream,
    ) -> Poll<io::Result<()>> {
        if self.ended || !self.make_room() {
            return Poll::Pending;
        }
        let mut buffer = ReadBuf::new(&mut self.bytes[self.read..]);
        ready!(Pin::new(source).poll_read(context, &mut buffer))?;
        let count = buffer.filled().len();
        self.read += count;
        self.ended = count == 0;
        self.arrived = Instant::now();
        Poll::Ready(Ok(()))
    }

    /// Writes what may go on. Ready when all that was cleared is written; pending when the other side takes no more, or
    /// when the rest is held.
    pub(crate) fn poll_flush(
        &mut self,
        context: &mut Context<'_>,
        sink: &mut TcpStream,
        delays: &Delays,
    ) -> Poll<io::Result<()>> {
        while self.written < self.cleared {
            while let Some(hold) = self.holds.front() {
                if self.written < self.released && Instant::now() < hold.due {
                    break;
                }
                // Bytes that are free to go are written before the wait for those that are not.
                if self.written == self.released {
                    ready!(delays.poll_until(context, hold.due, &mut self.wait));
                }
                self.released += hold.length;
                self.held_since = self.held_since.or(hold.measured_since);
                self.holds.pop_front();
            }
            let due = &self.bytes[self.written..self.released];
            let count = ready!(Pin::new(&mut *sink).poll_write(context, due))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if let Some(since) = self.held_since.take() {
                self.longest = self.longest.max(Some(self.beyond_distance(since)));
            }
            self.written += count;
        }
        Poll::Ready(Ok(()))
    }

    /// The bytes that nobody has judged yet.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.cleared..self.read]
    }

    /// Forgets the pending bytes.
    pub(crate) fn discard(&mut self) {
        self.read = self.cleared;
    }

    /// Takes some of the pending bytes out.
    pub(crate) fn remove(&mut self, range: Range<usize>) {
        let (start, end) = (self.cleared + range.start, self.cleared + range.end);
        self.bytes.copy_within(end..self.read, start);
        self.read -= range.len();
    }

    /// Lets the next `count` of the pending bytes go on, when the line says so if there is one.
    pub(crate) fn clear(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        self.cleared += count;
        if self.line.is_none() && self.distance.is_zero() && self.holds.is_empty() {
            self.released = self.cleared;
            return;
        }
        let mut left = count;
        while left > 0 {
            let (length, due) = match &mut self.line {
                Some(line) => line.pass(self.arrived, left),
                None => (left, self.arrived),
            };
            self.hold(length, due + self.distance);
            left -= length;
        }
    }

    fn hold(&mut self, length: usize, due: Instant) {
        match self.holds.back_mut() {
            // Nothing overtakes what came before it.
            Some(last) if last.due >= due => last.length += length,
            _ => {
                let measured_since = self.measures.then_some(self.arrived);
                self.measures &= self.line.as_ref().is_some_and(|line| line.differs());
                self.holds.push_back(Hold {
                    length,
                    due,
                    measured_since,
                });
            }
        }
    }

    /// From now on, what is cleared goes through this line, behind what is still held. How long that takes can be asked with
    /// [`Pipe::held`].
    pub(crate) fn set_line(&mut self, line: Option<Box<dyn Line>>) {
        self.measures = line.is_some();
        self.longest = None;
        self.held_since = None;
        self.line = line;
    }

    /// Takes the line away, and lets all that is held go on.
    pub(crate) fn release(&mut self) {
        self.line = None;
        self.measures = false;
        self.released = self.cleared;
        self.holds.clear();
        self.held_since = None;
    }

    /// How long the line has held bytes, those that it is still holding included; none when nothing came through it.
    pub(crate) fn held(&self) -> Option<Duration> {
        let since = self.held_since.or_else(|| self.holds.front()?.measured_since);
        self.longest.max(since.map(|since| self.beyond_distance(since)))
    }

    /// For how much longer than all others bytes that came then have been on their way.
    fn beyond_distance(&self, came: Instant) -> Duration {
        came.elapsed().saturating_sub(self.distance)
    }

    /// Whether the other side will send no more.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether all that was cleared is written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.written == self.cleared
    }

    /// When the latest bytes came.
    pub(crate) fn arrived(&self) -> Instant {
        self.arrived
    }

    /// Room for at least one byte, unless the pipe is as full as it may be.
    fn make_room(&mut self) -> bool {
        if self.written > 0 && (self.written == self.read || self.read == self.bytes.len()) {
            self.bytes.copy_within(self.written..self.read, 0);
            self.read -= self.written;
            self.cleared -= self.written;
            self.released -= self.written;
            self.written = 0;
        }
        if self.read < self.bytes.len() {
            return true;
        }
        let largest = if self.holds.is_empty() {
            LARGEST
        } else {
            LARGEST_HELD
        };
        let length = (self.bytes.len() * 2).clamp(FIRST, largest);
        if length <= self.bytes.len() {
            return false;
        }
        self.bytes.resize(length, 0);
        true
    }
}
