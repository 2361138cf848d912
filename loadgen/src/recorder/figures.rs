//! The figures as `summary.json` has them.

use hdrhistogram::Histogram;
use serde::Serialize;

/// One line of the table: a journey, or one cohort of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JourneyFigures {
    /// The journey's name.
    pub journey: String,
    /// Which of its requests.
    pub cohort: CohortName,
    /// Answered with a status below 400.
    pub completed: u64,
    /// Not answered, or with a status of 400 and above.
    pub failed: u64,
    /// Not started.
    pub dropped: u64,
    /// From when a request was due to its end.
    pub latency_from_schedule_ms: Percentiles,
    /// From when a request was sent to its end.
    pub latency_from_send_ms: Percentiles,
    /// From when a request was due to when it was sent.
    pub lateness_ms: Percentiles,
}

/// The part that requests had in the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CohortName {
    /// Every request.
    All,
    /// No fault picked them, and they suffered from none.
    Healthy,
    /// Picked for a fault.
    Affected,
    /// Suffered from a fault that picked another.
    Bystander,
}

impl CohortName {
    /// As in `summary.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Healthy => "healthy",
            Self::Affected => "affected",
            Self::Bystander => "bystander",
        }
    }
}

/// A distribution of times, in milliseconds; all 0 when there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
    pub mean: f64,
}

impl Percentiles {
    /// Of a histogram in microseconds.
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        let at = |percentile| milliseconds(histogram.value_at_percentile(percentile));
        Self {
            p50: at(50.0),
            p90: at(90.0),
            p95: at(95.0),
            p99: at(99.0),
            p999: at(99.9),
            max: milliseconds(histogram.max()),
            // To the microsecond: more digits would only seem exact.
            mean: histogram.mean().round() / 1_000.0,
        }
    }
}

fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1_000.0
}
