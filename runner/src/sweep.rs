//! One scenario at several values of one quantity: the curve, and how steep it is.

use std::time::Duration;

use scenarios::units;
use serde::Serialize;

use crate::run::Finished;
use crate::samples::percentile;
use crate::stories::GroupName;

/// The name and version of the schema of `sweep.json`.
pub const SCHEMA: &str = "faultmart.sweep/1";

/// The curve.
#[derive(Debug, Clone, Serialize)]
pub struct Sweep {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The scenario.
    pub scenario: String,
    /// What was varied.
    pub quantity: String,
    /// One run for each value, in the order given.
    pub points: Vec<Point>,
    /// The exponent k of latency ∝ value^k, fitted to the affected requests' medians (the healthy ones' where none is
    /// affected) by least squares on logarithms: 1 is linear, 2 quadratic. None of fewer than three values. Where more requests
    /// failed than were answered, the median is of those that happened to be quick, and the value is left out.
    pub slope: Option<f64>,
}

/// One run of a sweep.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// The value, as written.
    pub value: String,
    /// The value as a number, durations in seconds; none for a word.
    pub number: Option<f64>,
    /// The run's exit code.
    pub exit_code: u8,
    /// Where its results are.
    pub folder: String,
    /// Requests of the struck journey that no fault touched; of all journeys, if there is no fault.
    pub healthy_ms: Option<Figures>,
    /// Requests that the fault struck.
    pub affected_ms: Option<Figures>,
    /// How many of the healthy failed, and are not in their figures.
    pub healthy_failed: usize,
    /// How many of the affected failed: a deadline that passed, say.
    pub affected_failed: usize,
    /// For a width: how the slowest of many parts rules the whole.
    pub tail: Option<Tail>,
}

/// Latency from schedule, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Figures {
    /// How many requests.
    pub requests: usize,
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// Of a request made of n parts, each slow with probability p, the share 1 − (1 − p)^n is slow (Dean and Barroso, The Tail
/// at Scale, 2013).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tail {
    /// n: into how many calls requests were really split, by the median; a page of twenty cannot be split into fifty.
    pub parts: f64,
    /// What counts as slow: the 95th percentile at the smallest width, in milliseconds.
    pub slow_from_ms: f64,
    /// The share that the formula predicts, with p from the smallest width.
    pub predicted: f64,
    /// The share of affected requests that were slow.
    pub measured: f64,
}

/// The share of requests at the smallest width that count as slow.
const SLOW: f64 = 0.05;

/// The parameter for which the formula of the tail is shown.
const WIDTH: &str = "width";

/// What is kept of a run until all are done.
#[derive(Debug)]
pub struct Measured {
    point: Point,
    affected: Vec<Duration>,
    /// The fault's effect on them, by the median: of a width, how many calls there were.
    effect: Option<f64>,
}

/// Takes the figures of one run.
#[must_use]
pub fn measure(value: &str, finished: &Finished) -> Measured {
    let story = finished.stories.iter().max_by_key(|story| story.account.applied);
    let of = |name: GroupName| {
        let members = finished.members(story, name);
        members
            .into_iter()
            .map(|(_, latency)| latency)
            .collect::<Vec<_>>()
    };
    let affected = of(GroupName::Affected);
    let point = Point {
        value: value.to_owned(),
        number: number(value),
        exit_code: finished.summary.run.exit_code,
        folder: finished.folder.path().display().to_string(),
        healthy_ms: figures(&mut of(GroupName::Healthy)),
        affected_ms: figures(&mut affected.clone()),
        healthy_failed: finished.failures(story, GroupName::Healthy),
        affected_failed: finished.failures(story, GroupName::Affected),
        tail: None,
    };
    let effect = story
        .and_then(|story| story.account.effect.as_ref())
        .map(|effect| effect.p50);
    Measured {
        point,
        affected,
        effect,
    }
}

impl Sweep {
    /// Draws the curve.
    #[must_use]
    pub fn of(scenario: &str, quantity: &str, mut measured: Vec<Measured>) -> Self {
        if quantity == WIDTH {
            predict_tails(&mut measured);
        }
        let points: Vec<Point> = measured.into_iter().map(|measured| measured.point).collect();
        let curve: Vec<(f64, f64)> = points
            .iter()
            .filter_map(|point| Some((point.number?, point.typical_ms()?)))
            .collect();
        Self {
            schema: SCHEMA,
            scenario: scenario.to_owned(),
            quantity: quantity.to_owned(),
            slope: slope(&curve),
            points,
        }
    }
}

impl Point {
    /// The median of the affected, or of the healthy where none is affected; none if most of them failed.
    fn typical_ms(&self) -> Option<f64> {
        let (figures, failed) = match self.affected_ms {
            None if self.affected_failed == 0 => (self.healthy_ms, self.healthy_failed),
            affected => (affected, self.affected_failed),
        };
        figures
            .filter(|figures| figures.requests >= failed)
            .map(|figures| figures.p50)
    }
}

fn predict_tails(measured: &mut [Measured]) {
    let narrowest = measured
        .iter()
        .filter(|run| run.effect.is_some_and(|parts| parts >= 1.0))
        .min_by(|one, other| {
            one.effect
                .partial_cmp(&other.effect)
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    let Some((base, slow)) = narrowest.and_then(|run| {
        Some((
            run.effect?,
            percentile(&mut run.affected.clone(), 100.0 * (1.0 - SLOW))?,
        ))
    }) else {
        return;
    };
    for run in measured {
        let Some(parts) = run.effect.filter(|_| !run.affected.is_empty()) else {
            continue;
        };
        let slower = run.affected.iter().filter(|latency| **latency > slow).count();
        run.point.tail = Some(Tail {
            parts,
            slow_from_ms: slow.as_secs_f64() * 1e3,
            predicted: 1.0 - (1.0 - SLOW).powf(parts / base),
            measured: slower as f64 / run.affected.len() as f64,
        });
    }
}

fn figures(latencies: &mut [Duration]) -> Option<Figures> {
    let requests = latencies.len();
    let mut at = |percent| percentile(latencies, percent).map(|latency| latency.as_secs_f64() * 1e3);
    Some(Figures {
        requests,
        p50: at(50.0)?,
        p95: at(95.0)?,
        p99: at(99.0)?,
    })
}

/// The slope of the straight line through the logarithms.
fn slope(curve: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = curve
        .iter()
        .filter(|(value, latency)| *value > 0.0 && *latency > 0.0)
        .map(|(value, latency)| (value.ln(), latency.ln()))
        .collect();
    if logs.len() < 3 {
        return None;
    }
    let count = logs.len() as f64;
    let (mean_x, mean_y) = (
        logs.iter().map(|(x, _)| x).sum::<f64>() / count,
        logs.iter().map(|(_, y)| y).sum::<f64>() / count,
    );
    let spread: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let joint: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (spread > 0.0).then(|| joint / spread)
}

/// A value as a number: `1_000`, `80ms` in seconds, `50%` from 0 to 1.
fn number(value: &str) -> Option<f64> {
    let whole = units::integer(value, u64::MAX >> 12)
        .ok()
        .map(|number| number as f64);
    whole
        .or_else(|| units::plain(value))
        .or_else(|| units::duration(value).ok().map(|duration| duration.as_secs_f64()))
        .or_else(|| units::share(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(value: &str, affected_ms: &[u64]) -> Measured {
        let mut affected: Vec<Duration> = affected_ms.iter().map(|ms| Duration::from_millis(*ms)).collect();
        affected.sort_unstable();
        Measured {
            point: Point {
                value: value.into(),
                number: number(value),
                exit_code: 0,
                folder: String::new(),
                healthy_ms: None,
                affected_ms: figures(&mut affected.clone()),
                healthy_failed: 0,
                affected_failed: 0,
                tail: None,
            },
            affected,
            // No more than twenty calls, however many are asked for.
            effect: number(value).map(|width| width.min(20.0)),
        }
    }

    #[test]
    fn a_quadratic_curve_has_slope_two_and_a_flat_one_none() {
        let sweep = |latencies: [u64; 3]| {
            let runs = ["1_000", "10_000", "100_000"].iter().zip(latencies);
            Sweep::of("x", "orders", runs.map(|(value, ms)| run(value, &[ms])).collect())
        };
        let steep = sweep([1, 100, 10_000]).slope.expect("three points");
        assert!((steep - 2.0).abs() < 1e-9, "{steep}");
        let flat = sweep([7, 7, 7]).slope.expect("three points");
        assert!(flat.abs() < 1e-9, "{flat}");
    }

    #[test]
    fn a_value_at_which_most_requests_failed_is_not_on_the_curve() {
        let values = [
            ("1_000", 1),
            ("10_000", 100),
            ("100_000", 150),
            ("1_000_000", 160),
        ];
        let mut runs: Vec<Measured> = values.iter().map(|(value, ms)| run(value, &[*ms])).collect();
        runs[2].point.affected_failed = 2;
        let mut none_answered = run("2_000", &[]);
        none_answered.point.affected_failed = 3;
        none_answered.point.healthy_ms = figures(&mut [Duration::from_millis(1)]);
        runs[3] = none_answered;
        assert_eq!(Sweep::of("x", "orders", runs).slope, None, "two values are left");
    }

    #[test]
    fn two_points_have_no_slope() {
        let sweep = Sweep::of("x", "orders", vec![run("1", &[1]), run("2", &[2])]);
        assert_eq!(sweep.slope, None);
    }

    #[test]
    fn the_tail_is_predicted_from_the_smallest_width() {
        let narrow: Vec<u64> = (1..=100).collect();
        // Of a hundred with ten parts each, forty took longer than 95 ms.
        let wide: Vec<u64> = (56..=155).map(|ms| if ms > 115 { ms } else { 50 }).collect();
        let runs = vec![run("10", &wide), run("1", &narrow), run("100", &wide)];
        let sweep = Sweep::of("x", "width", runs);
        let tail = sweep.points[0].tail.expect("a width has a tail");
        assert!((tail.slow_from_ms - 95.0).abs() < 1e-9);
        assert!((tail.predicted - (1.0 - 0.95_f64.powi(10))).abs() < 1e-9);
        assert!((tail.measured - 0.4).abs() < 1e-9);
        let widest = sweep.points[2].tail.expect("a width has a tail");
        assert!(
            (widest.predicted - (1.0 - 0.95_f64.powi(20))).abs() < 1e-9,
            "of twenty, which there were"
        );
        let narrowest = sweep.points[1].tail.expect("a width has a tail");
        assert!((narrowest.measured - narrowest.predicted).abs() < 1e-9);
    }

    #[test]
    fn values_are_numbers_in_their_units() {
        assert_eq!(number("1_000"), Some(1000.0));
        assert_eq!(number("80ms"), Some(0.08));
        assert_eq!(number("50%"), Some(0.5));
        assert_eq!(number("both"), None);
    }
}
