//! `bandwidth`: a line that carries so many bytes a second, and no more (a token bucket).

use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;

use super::Mechanism;
use crate::line::{Line, SEGMENT};

pub(super) fn draw(fault: &ActiveFault) -> Mechanism {
    let (rate, burst) = (fault.number("rate"), fault.number("burst"));
    Mechanism::late(fault, || Box::new(Narrow::new(rate, burst)))
}

struct Narrow {
    /// Bytes a second.
    rate: u64,
    /// How long a quiet line saves up for.
    saved: Duration,
    /// When all that was let through so far will have been paid for, at that rate.
    paid: Option<Instant>,
}

impl Narrow {
    fn new(rate: u64, burst: u64) -> Self {
        Self {
            rate,
            saved: time(burst, rate),
            paid: None,
        }
    }

    /// A segment; more on a fast line, so that its pieces are at least a millisecond apart.
    fn piece(&self) -> usize {
        SEGMENT.max(usize::try_from(self.rate / 1_000).unwrap_or(usize::MAX))
    }
}

/// How long so many bytes take.
fn time(bytes: u64, rate: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

impl Line for Narrow {
    /// A piece goes on when its last byte has been carried.
    fn pass(&mut self, arrived: Instant, count: usize) -> (usize, Instant) {
        let length = count.min(self.piece());
        // A line that was idle has saved up for a burst, and never for more.
        let earliest = arrived.checked_sub(self.saved).unwrap_or(arrived);
        let begins = self.paid.map_or(earliest, |paid| paid.max(earliest));
        let paid = begins + time(length as u64, self.rate);
        self.paid = Some(paid);
        (length, paid.max(arrived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the pieces of so many bytes go on, from when they come.
    fn pass(line: &mut Narrow, came: Instant, mut bytes: usize) -> Vec<(usize, Duration)> {
        let mut pieces = Vec::new();
        while bytes > 0 {
            let (length, due) = line.pass(came, bytes);
            pieces.push((length, due - came));
            bytes -= length;
        }
        pieces
    }

    #[test]
    fn bytes_go_on_as_fast_as_the_line_carries_them() {
        let millis = Duration::from_millis;
        let mut line = Narrow::new(146_000, 0);
        let came = Instant::now();
        let pieces = pass(&mut line, came, 3_650);
        assert_eq!(
            pieces,
            [(1_460, millis(10)), (1_460, millis(20)), (730, millis(25))]
        );
        // What comes while the line is busy queues up, and what comes later does not.
        assert_eq!(pass(&mut line, came + millis(5), 146), [(146, millis(21))]);
        assert_eq!(pass(&mut line, came + millis(500), 146), [(146, millis(1))]);
    }

    #[test]
    fn what_a_quiet_line_has_saved_up_goes_at_once() {
        let millis = Duration::from_millis;
        let mut line = Narrow::new(146_000, 2_920);
        let came = Instant::now();
        let burst = [(1_460, millis(0)), (1_460, millis(0))];
        assert_eq!(
            pass(&mut line, came, 4_380),
            [&burst[..], &[(1_460, millis(10))]].concat()
        );
        // A second of quiet saves up one burst and no more.
        let later = came + millis(1_000);
        assert_eq!(
            pass(&mut line, later, 4_380),
            [&burst[..], &[(1_460, millis(10))]].concat()
        );
    }

    #[test]
    fn the_pieces_of_a_fast_line_are_a_millisecond_apart() {
        let mut line = Narrow::new(100 << 20, 0);
        let pieces = pass(&mut line, Instant::now(), 1 << 20);
        assert!(pieces.len() <= 11, "{}", pieces.len());
        let slowest = pieces.last().unwrap().1;
        assert!(
            slowest.abs_diff(Duration::from_millis(10)) < Duration::from_micros(1),
            "{slowest:?}"
        );
    }
}
