//! Durations in a line: quantiles by the nearest rank, exact, in milliseconds.

use serde::Serialize;

/// What is said about a list of durations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    pub mean: f64,
}

impl Quantiles {
    /// Sorts the durations, which are in nanoseconds; none if there is none.
    pub fn of(durations: &mut [u64]) -> Option<Self> {
        durations.sort_unstable();
        let last = durations.last()?;
        let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let rank = |share: f64| {
            let rank = (share * durations.len() as f64).ceil() as usize;
            milliseconds(durations[rank.clamp(1, durations.len()) - 1])
        };
        let sum: f64 = durations.iter().map(|each| *each as f64).sum();
        Some(Self {
            p50: rank(0.5),
            p90: rank(0.9),
            p95: rank(0.95),
            p99: rank(0.99),
            max: milliseconds(*last),
            mean: sum / durations.len() as f64 / 1e6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_durations_that_occurred() {
        let mut durations: Vec<u64> = (1..=100).rev().map(|each| each * 1_000_000).collect();
        let quantiles = Quantiles::of(&mut durations).expect("some");
        assert_eq!(
            (
                quantiles.p50,
                quantiles.p90,
                quantiles.p99,
                quantiles.max,
                quantiles.mean
            ),
            (50.0, 90.0, 99.0, 100.0, 50.5)
        );
        assert_eq!(
            Quantiles::of(&mut [7_000_000]).map(|it| (it.p50, it.p99)),
            Some((7.0, 7.0))
        );
        assert_eq!(Quantiles::of(&mut []), None);
    }
}
