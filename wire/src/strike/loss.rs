//! `loss`: segments that are lost come again when the sender's timer says so, and whatever is behind them waits.
//!
//! The bytes of a connection on one machine are not lost; what is lost on the way through the wire is decided here, and what TCP
//! makes of it is done to the bytes: held for one timeout, and for twice as long each further time.

use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;
use seed::draws::{Domain, Draws};

use super::Mechanism;
use crate::line::{Line, SEGMENT};

/// How often in a row a segment may be lost.
const MOST: u32 = 5;

/// What goes through a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    /// One message: it is cut into full segments, however it comes, so that the draws fit the bytes.
    Message,
    /// Messages one after another: what comes later is in a segment of its own.
    Stream,
}

pub(super) fn draw(fault: &ActiveFault, draws: &mut Draws, traffic: Traffic) -> Mechanism {
    let (probability, timeout) = (fault.share("probability"), fault.duration("timeout"));
    Mechanism::late(fault, || {
        Box::new(Lossy {
            probability,
            timeout,
            traffic,
            draws: Draws::new(draws.next_u64(), Domain::Faults, 0),
            segment: None,
        })
    })
}

struct Lossy {
    probability: f64,
    timeout: Duration,
    traffic: Traffic,
    draws: Draws,
    segment: Option<Segment>,
}

/// What is on its way.
struct Segment {
    left: usize,
    came: Instant,
    due: Instant,
}

impl Lossy {
    /// How long until a segment gets through: not at all, or one timeout, or that and twice that …
    fn stall(&mut self) -> Duration {
        let mut lost = 0;
        while lost < MOST && self.draws.chance(self.probability) {
            lost += 1;
        }
        self.timeout * ((1 << lost) - 1)
    }
}

impl Line for Lossy {
    fn pass(&mut self, arrived: Instant, count: usize) -> (usize, Instant) {
        let goes_on = |segment: &Segment| {
            segment.left > 0 && (self.traffic == Traffic::Message || segment.came == arrived)
        };
        let segment = match self.segment.take().filter(goes_on) {
            Some(segment) => segment,
            None => Segment {
                left: SEGMENT,
                came: arrived,
                due: arrived + self.stall(),
            },
        };
        let length = count.min(segment.left);
        let due = segment.due;
        self.segment = Some(Segment {
            left: segment.left - length,
            ..segment
        });
        (length, due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strike::testing::lines;

    /// How long each segment of a large answer is held by itself.
    fn stalls(sequence: u64, segments: usize, piece: usize) -> Vec<u128> {
        let baggage = format!(
            "load.sequence={sequence},fault.loss=gateway->orders;probability=0.5;timeout=100ms;direction=response"
        );
        let [None, Some(mut line)] = lines(&baggage) else {
            panic!("the answer's direction alone")
        };
        let came = Instant::now();
        let (mut stalls, mut left) = (Vec::new(), segments * SEGMENT);
        while left > 0 {
            let (length, due) = line.pass(came, left.min(piece));
            for offset in
                (0..length).filter(|offset| (segments * SEGMENT - left + offset).is_multiple_of(SEGMENT))
            {
                assert!(offset < SEGMENT);
                stalls.push((due - came).as_millis());
            }
            left -= length;
        }
        stalls
    }

    #[test]
    fn a_lost_segment_waits_for_one_timeout_and_twice_as_long_each_further_time() {
        let all = stalls(1, 4_000, usize::MAX);
        let share = |stall| all.iter().filter(|held| **held == stall).count() as f64 / all.len() as f64;
        for (stall, expected) in [(0, 0.5), (100, 0.25), (300, 0.125), (700, 0.0625)] {
            assert!(
                (share(stall) - expected).abs() < 0.03,
                "{stall}: {}",
                share(stall)
            );
        }
        assert!(
            all.iter()
                .all(|held| [0, 100, 300, 700, 1_500, 3_100].contains(held))
        );
    }

    #[test]
    fn what_is_lost_follows_from_the_seed_and_not_from_how_the_bytes_come() {
        let whole = stalls(7, 50, usize::MAX);
        assert_eq!(stalls(7, 50, 100), whole);
        assert_ne!(stalls(8, 50, usize::MAX), whole);
    }

    #[test]
    fn on_a_connection_each_message_is_in_a_segment_of_its_own() {
        let mut line = Lossy {
            probability: 0.5,
            timeout: Duration::from_millis(100),
            traffic: Traffic::Stream,
            draws: Draws::new(1, Domain::Faults, 0),
            segment: None,
        };
        let began = Instant::now();
        let lost = (0..200).filter(|number| {
            let came = began + Duration::from_secs(*number);
            line.pass(came, 10).1 > came
        });
        assert!((70..130).contains(&lost.count()));
    }
}
