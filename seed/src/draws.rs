//! Random draws keyed by (seed, domain, sequence): request 7,000's arguments are drawn without drawing those of the
//! 6,999 before it, so that a plan can be split over machines with no coordination.
//!
//! ChaCha8 is portable by definition; `libm` stands in for the platform's `ln`, `exp`, `sin` and `cos`, which are not.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What is drawn for. Each domain has a stream of its own, so that drawing more of one never shifts another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Domain {
    /// When requests start.
    Arrivals = 1,
    /// Which journey, and with which arguments.
    Arguments = 2,
    /// Trace and span ids.
    Ids = 3,
    /// Which requests a fault picks, and how strongly it strikes.
    Faults = 4,
    /// How long a user of a closed model thinks.
    ThinkTimes = 5,
    /// Which attempts meet a failing instance.
    Failures = 6,
    /// The rows of the users service.
    Users = 16,
    /// The rows of the catalog service.
    Products = 17,
    /// The rows of the orders service.
    Orders = 18,
    /// Reviews of products.
    Reviews = 19,
    /// Session tokens.
    Tokens = 20,
    /// The time that the payment provider takes, per order.
    Payments = 21,
}

/// A stream of draws.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The draws of one item: `sequence` is its number within the domain.
    #[must_use]
    pub fn new(seed: u64, domain: Domain, sequence: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(domain as u64).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(sequence);
        Self(generator)
    }

    /// A uniform 64-bit number.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A uniform number below `bound`, without modulo bias (Lemire, "Fast Random Integer Generation in an Interval",
    /// 2019). A `bound` of 0 gives 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// A uniform number in `[0, 1)` with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with the given probability; 0 is never, 1 is always.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// An exponentially distributed number with mean 1: the gap between two arrivals of a Poisson process of rate 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log1p(-self.unit())
    }

    /// A log-normal number with the given median and shape (the standard deviation of its logarithm), from one Box–Muller
    /// pair.
    pub fn log_normal(&mut self, median: f64, shape: f64) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        let normal = radius * libm::cos(core::f64::consts::TAU * self.unit());
        median * libm::exp(shape * normal)
    }

    /// An index in `0..count`, where the first are the most popular: index `i` has a weight of about `1 / (i + 1)`, as in
    /// Zipf's law with exponent 1, by inversion of the continuous distribution.
    pub fn popular(&mut self, count: u64) -> u64 {
        if count == 0 {
            return 0;
        }
        let rank = libm::exp(self.unit() * libm::log(count as f64 + 1.0)) - 1.0;
        (rank as u64).min(count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_everywhere() {
        // Written down once; a change here changes every plan ever made, and is a breaking change.
        let mut draws = Draws::new(42, Domain::Arguments, 7);
        let first = [draws.next_u64(), draws.next_u64()];
        assert_eq!(first, [Draws::new(42, Domain::Arguments, 7).next_u64(), first[1]]);
        assert_ne!(first[0], Draws::new(42, Domain::Arguments, 8).next_u64());
        assert_ne!(first[0], Draws::new(42, Domain::Arrivals, 7).next_u64());
        assert_ne!(first[0], Draws::new(43, Domain::Arguments, 7).next_u64());
    }

    #[test]
    fn the_popular_are_drawn_more_often_and_nothing_out_of_range() {
        let mut draws = Draws::new(1, Domain::Arguments, 0);
        let mut counts = [0_u32; 10];
        for _ in 0..10_000 {
            counts[draws.popular(10) as usize] += 1;
        }
        assert!(counts.windows(2).all(|pair| pair[0] > pair[1]), "{counts:?}");
    }

    #[test]
    fn means_are_what_they_should_be() {
        let mut draws = Draws::new(9, Domain::Arrivals, 0);
        let mean = (0..20_000).map(|_| draws.exponential()).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        let mut times: Vec<f64> = (0..10_001).map(|_| draws.log_normal(30.0, 0.4)).collect();
        times.sort_by(f64::total_cmp);
        assert!((times[5_000] - 30.0).abs() < 1.0, "{}", times[5_000]);
    }
}
