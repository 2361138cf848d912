//! When requests of one load start, by inversion of the cumulative arrival rate.
//!
//! With Λ(t) the integral of the rate, the points of a Poisson process of that rate are Λ⁻¹ of the points of one of rate 1
//! (Çinlar, "Introduction to Stochastic Processes", 1975, section 4.7), and evenly spaced arrivals are Λ⁻¹(0), Λ⁻¹(1), … . The rate
//! is linear piece by piece, so that Λ⁻¹ is the root of a quadratic. Nothing here is drawn by thinning: every draw is an arrival.

use std::time::Duration;

use scenarios::model::{Rate, Spacing};
use seed::draws::{Domain, Draws};

/// A stretch of time over which the rate goes linearly from one value to another.
#[derive(Debug, Clone, Copy)]
struct Segment {
    seconds: f64,
    from: f64,
    to: f64,
}

impl Segment {
    /// How many arrivals are expected in it.
    fn mass(&self) -> f64 {
        self.seconds * (self.from + self.to) / 2.0
    }

    /// After how many seconds `mass` arrivals are expected to have come. With the slope s it solves from·t + s·t²/2 = mass
    /// in the form of the quadratic formula that loses no digits when s is small.
    fn time_of(&self, mass: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds;
        let root = (self.from * self.from + 2.0 * slope * mass).max(0.0).sqrt();
        let denominator = self.from + root;
        if denominator > 0.0 {
            2.0 * mass / denominator
        } else {
            0.0
        }
    }
}

/// A rate over time, ready to be inverted.
#[derive(Debug, Clone)]
pub(super) struct Curve(Vec<Segment>);

impl Curve {
    pub(super) fn new(rate: &Rate, duration: Duration) -> Self {
        let seconds = duration.as_secs_f64();
        Self(match rate {
            Rate::Constant(rate) => vec![Segment {
                seconds,
                from: *rate,
                to: *rate,
            }],
            Rate::Ramp(from, to) => vec![Segment {
                seconds,
                from: *from,
                to: *to,
            }],
            Rate::Steps(rates) => {
                let seconds = seconds / rates.len() as f64;
                rates
                    .iter()
                    .map(|&rate| Segment {
                        seconds,
                        from: rate,
                        to: rate,
                    })
                    .collect()
            }
        })
    }

    /// How many arrivals are expected in all.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().map(Segment::mass).sum()
    }
}

/// The start times of one load, in microseconds from the load's beginning, in order.
#[derive(Debug)]
pub(super) struct Arrivals {
    curve: Curve,
    spacing: Spacing,
    draws: Draws,
    /// The segment that the last arrival fell into, and the time and mass before it.
    segment: usize,
    seconds_before: f64,
    mass_before: f64,
    /// The next arrival's place on Λ.
    mass: f64,
    end_us: u64,
}

impl Arrivals {
    /// `stream` is the load's number in the scenario: each has draws of its own.
    pub(super) fn new(curve: Curve, spacing: Spacing, duration: Duration, seed: u64, stream: u64) -> Self {
        let mut draws = Draws::new(seed, Domain::Arrivals, stream);
        let mass = match spacing {
            Spacing::Poisson => draws.exponential(),
            Spacing::Even => 0.0,
        };
        Self {
            curve,
            spacing,
            draws,
            segment: 0,
            seconds_before: 0.0,
            mass_before: 0.0,
            mass,
            end_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl Iterator for Arrivals {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let segment = loop {
            let segment = *self.curve.0.get(self.segment)?;
            if self.mass < self.mass_before + segment.mass() {
                break segment;
            }
            self.mass_before += segment.mass();
            self.seconds_before += segment.seconds;
            self.segment += 1;
        };
        let seconds = self.seconds_before + segment.time_of(self.mass - self.mass_before);
        self.mass += match self.spacing {
            Spacing::Poisson => self.draws.exponential(),
            Spacing::Even => 1.0,
        };
        // Rounding could put the last arrival on the end itself, which belongs to what follows.
        Some(((seconds * 1e6) as u64).min(self.end_us.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(rate: &Rate, spacing: Spacing, seconds: u64) -> Vec<u64> {
        let duration = Duration::from_secs(seconds);
        Arrivals::new(Curve::new(rate, duration), spacing, duration, 42, 0).collect()
    }

    #[test]
    fn even_spacing_is_even() {
        let times = arrivals(&Rate::Constant(50.0), Spacing::Even, 30);
        assert_eq!(times.len(), 1_500);
        assert_eq!(times[..3], [0, 20_000, 40_000]);
    }

    #[test]
    fn poisson_arrivals_are_in_order_and_as_many_as_expected() {
        let times = arrivals(&Rate::Constant(200.0), Spacing::Poisson, 100);
        assert!(times.is_sorted() && times.last().is_some_and(|&last| last < 100_000_000));
        // The standard deviation of the count is its square root, 141.
        assert!((19_400..20_600).contains(&times.len()), "{}", times.len());
        let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        assert!((deviation / mean - 1.0).abs() < 0.05, "the gaps are exponential");
    }

    #[test]
    fn a_ramp_puts_arrivals_where_the_rate_is() {
        let times = arrivals(&Rate::Ramp(0.0, 100.0), Spacing::Even, 10);
        assert_eq!(times.len(), 500);
        let first_half = times.iter().filter(|&&time| time < 5_000_000).count();
        assert_eq!(first_half, 125, "a quarter of a triangle's area");
        let down = arrivals(&Rate::Ramp(100.0, 0.0), Spacing::Even, 10);
        assert_eq!(down.iter().filter(|&&time| time < 5_000_000).count(), 375);
    }

    #[test]
    fn steps_share_the_time_and_a_step_of_zero_is_quiet() {
        let times = arrivals(&Rate::Steps(vec![10.0, 0.0, 20.0]), Spacing::Even, 3);
        let in_second = |second: u64| times.iter().filter(|&&time| time / 1_000_000 == second).count();
        assert_eq!((in_second(0), in_second(1), in_second(2)), (10, 0, 20));
    }

    #[test]
    fn no_rate_is_no_arrival() {
        assert!(arrivals(&Rate::Constant(0.0), Spacing::Even, 10).is_empty());
        assert!(arrivals(&Rate::Ramp(0.0, 0.0), Spacing::Poisson, 10).is_empty());
    }
}
