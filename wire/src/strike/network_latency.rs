//! `network-latency`: what is read at some moment goes out that moment plus the delay, as on a long line, and the gaps between
//! pieces stay as they were.

use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;
use seed::draws::Draws;

use super::Mechanism;
use crate::line::Line;

pub(super) fn draw(fault: &ActiveFault, draws: &mut Draws) -> Mechanism {
    let (delay, spread) = (fault.duration("delay"), fault.duration("jitter"));
    Mechanism::late(fault, || {
        let drawn = delay.as_secs_f64() + (2.0 * draws.unit() - 1.0) * spread.as_secs_f64();
        Box::new(Late(Duration::try_from_secs_f64(drawn).unwrap_or_default()))
    })
}

struct Late(Duration);

impl Line for Late {
    fn pass(&mut self, arrived: Instant, count: usize) -> (usize, Instant) {
        (count, arrived + self.0)
    }

    fn differs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::strike::testing::lines;

    /// How long what comes now is held by the lines of both directions.
    fn delays(baggage: &str) -> [Option<Duration>; 2] {
        let now = Instant::now();
        lines(baggage).map(|line| line.map(|mut line| line.pass(now, 1).1 - now))
    }

    #[test]
    fn jitter_is_drawn_from_the_seed_around_the_delay() {
        let drawn = |sequence| {
            delays(&format!(
                "load.sequence={sequence},fault.network-latency=gateway->orders;delay=10ms;jitter=4ms;direction=both"
            ))
        };
        assert_eq!(drawn(7), drawn(7));
        let all: Vec<[f64; 2]> = (0..200)
            .map(|sequence| drawn(sequence).map(|held| held.unwrap().as_secs_f64() * 1e3))
            .collect();
        assert!(
            all.iter()
                .flatten()
                .all(|held| (6.0 - 1e-3..=14.0 + 1e-3).contains(held))
        );
        let requests = || all.iter().map(|[request, _]| *request);
        assert!(requests().any(|held| held < 7.0) && requests().any(|held| held > 13.0));
        assert!(all.iter().any(|[request, response]| request != response));
    }

    #[test]
    fn a_jitter_larger_than_the_delay_never_turns_time_back() {
        let drawn = |sequence| {
            delays(&format!(
                "load.sequence={sequence},fault.network-latency=gateway->orders;delay=1ms;jitter=9ms"
            ))
        };
        let none = (0..50).filter(|sequence| drawn(*sequence)[1] == Some(Duration::ZERO));
        assert!(none.count() > 10);
    }
}
