//! The functions that compute a number of the spans in each step of time.

use std::collections::HashMap;

use super::super::evaluate::{Context, Val};
use super::super::syntax::{Field, Literal, OverTime};
use super::range::Range;
use super::series::{Labels, NAME, Series, SeriesSet};
use crate::view::{Index, TraceView};

/// How many numbers all series together may hold, without those that quantiles are made of.
const MOST_POINTS: usize = 8_000_000;

/// A function over time at work.
#[derive(Debug)]
pub struct OverSpans<'q> {
    function: &'q OverTime,
    by: &'q [Field],
    range: Range,
    places: HashMap<Vec<u8>, usize>,
    series: Vec<Growing>,
    key: Vec<u8>,
    left_out: u64,
}

/// A series that grows.
#[derive(Debug)]
struct Growing {
    labels: Labels,
    steps: Steps,
}

/// What is known of each step.
#[derive(Debug)]
enum Steps {
    /// How many, for rates, counts and histograms.
    Counts(Vec<u64>),
    /// The least, the greatest or the sum, and how many.
    Numbers(Vec<(f64, u64)>),
    /// All values.
    Values(Vec<Vec<f64>>),
}

impl<'q> OverSpans<'q> {
    pub fn new(function: &'q OverTime, by: &'q [Field], range: Range) -> Self {
        Self {
            function,
            by,
            range,
            places: HashMap::new(),
            series: Vec::new(),
            key: Vec::new(),
            left_out: 0,
        }
    }

    /// Adds a span.
    pub fn observe<V: TraceView>(&mut self, context: &Context<'_, V>, span: Index) {
        let Some(step) = self.range.step_of(context.view.start_unix_ns(span)) else {
            return;
        };
        let number = match self.function {
            OverTime::Rate | OverTime::Count => 0.0,
            OverTime::Min(field)
            | OverTime::Max(field)
            | OverTime::Avg(field)
            | OverTime::Sum(field)
            | OverTime::Quantile(field, _) => match seconds(context.field(field, span)) {
                Some(number) => number,
                None => return,
            },
            OverTime::Histogram(field) => match bucket(context.field(field, span)) {
                Some(bucket) => bucket,
                None => return,
            },
        };
        self.key.clear();
        for field in self.by {
            context.field(field, span).write_key(&mut self.key);
        }
        if matches!(self.function, OverTime::Histogram(_)) {
            Val::Float(number).write_key(&mut self.key);
        }
        let place = match self.places.get(&self.key) {
            Some(place) => *place,
            None => {
                if (self.series.len() + 1) * self.range.steps() > MOST_POINTS {
                    self.left_out += 1;
                    return;
                }
                let labels = self.labels(context, span, number);
                self.series.push(Growing {
                    labels,
                    steps: Steps::new(self.function, self.range.steps()),
                });
                self.places.insert(self.key.clone(), self.series.len() - 1);
                self.series.len() - 1
            }
        };
        self.series[place].steps.add(self.function, step, number);
    }

    /// The labels of a new series: what is absent is left out, unless nothing else is left. Quantiles are told apart as well.
    fn labels<V: TraceView>(&self, context: &Context<'_, V>, span: Index, bucket: f64) -> Labels {
        let values = self
            .by
            .iter()
            .map(|field| (field.to_string(), context.literal(field, span)));
        let mut labels: Labels = values.filter(|(_, value)| *value != Literal::Nil).collect();
        if matches!(self.function, OverTime::Histogram(_)) {
            labels.push(("__bucket".into(), Literal::Float(bucket)));
        }
        if labels.is_empty() && (self.by.is_empty() || !matches!(self.function, OverTime::Quantile(..))) {
            labels.push(match self.by.first() {
                Some(field) => (field.to_string(), Literal::Nil),
                None => self.name(),
            });
        }
        labels
    }

    /// The label of a series that nothing tells apart.
    fn name(&self) -> (String, Literal) {
        let written = self.function.to_string();
        let name = written.split('(').next().unwrap_or_default();
        (NAME.into(), Literal::String(name.to_owned()))
    }

    /// The series. Where all spans are counted together and there was none, they are zeros.
    pub fn finish(mut self) -> SeriesSet {
        let is_count = matches!(self.function, OverTime::Rate | OverTime::Count);
        if is_count && self.by.is_empty() && self.series.is_empty() {
            self.series.push(Growing {
                labels: vec![self.name()],
                steps: Steps::new(self.function, self.range.steps()),
            });
        }
        let mut answer = SeriesSet {
            times: self.range.times(),
            series: Vec::new(),
            left_out: self.left_out,
        };
        for growing in self.series {
            match (growing.steps, self.function) {
                (Steps::Values(steps), OverTime::Quantile(_, quantiles)) => {
                    answer
                        .series
                        .extend(quantile_series(&growing.labels, steps, quantiles));
                }
                (steps, function) => answer.series.push(Series {
                    labels: growing.labels,
                    values: steps.values(function, self.range.step_seconds()),
                }),
            }
        }
        answer
    }
}

/// A series for each quantile.
fn quantile_series(labels: &Labels, mut steps: Vec<Vec<f64>>, quantiles: &[f64]) -> Vec<Series> {
    for values in &mut steps {
        values.sort_by(f64::total_cmp);
    }
    let of = |quantile: &f64| {
        let mut labels: Labels = labels.iter().filter(|(name, _)| name != NAME).cloned().collect();
        labels.push(("p".into(), Literal::Float(*quantile)));
        let values = steps
            .iter()
            .map(|values| nearest_rank(values, *quantile))
            .collect();
        Series { labels, values }
    };
    quantiles.iter().map(of).collect()
}

impl Steps {
    fn new(function: &OverTime, steps: usize) -> Self {
        match function {
            OverTime::Rate | OverTime::Count | OverTime::Histogram(_) => Self::Counts(vec![0; steps]),
            OverTime::Quantile(..) => Self::Values(vec![Vec::new(); steps]),
            _ => Self::Numbers(vec![(f64::NAN, 0); steps]),
        }
    }

    fn add(&mut self, function: &OverTime, step: usize, number: f64) {
        match self {
            Self::Counts(counts) => counts[step] += 1,
            Self::Values(steps) => steps[step].push(number),
            Self::Numbers(steps) => {
                let (known, count) = &mut steps[step];
                *known = match function {
                    _ if *count == 0 => number,
                    OverTime::Min(_) => known.min(number),
                    OverTime::Max(_) => known.max(number),
                    _ => *known + number,
                };
                *count += 1;
            }
        }
    }

    fn values(self, function: &OverTime, seconds: f64) -> Vec<f64> {
        match self {
            Self::Counts(counts) => {
                let per = if matches!(function, OverTime::Rate) {
                    seconds
                } else {
                    1.0
                };
                counts.into_iter().map(|count| count as f64 / per).collect()
            }
            Self::Numbers(steps) => {
                let value = |(number, count): (f64, u64)| match function {
                    OverTime::Avg(_) => number / count as f64,
                    _ => number,
                };
                steps.into_iter().map(value).collect()
            }
            Self::Values(_) => Vec::new(),
        }
    }
}

/// A number; durations in seconds.
fn seconds(value: Val<'_>) -> Option<f64> {
    match value {
        Val::Duration(nanoseconds) => Some(nanoseconds as f64 / 1e9),
        value => value.number().filter(|number| !number.is_nan()),
    }
}

/// The power of two that is not below a value, of durations in nanoseconds and then given in seconds; values below 2
/// have none, as in Tempo.
fn bucket(value: Val<'_>) -> Option<f64> {
    let number = value.number().filter(|number| *number >= 2.0)?;
    let power = (number.ceil() as u64)
        .checked_next_power_of_two()
        .map_or(2f64.powi(64), |power| power as f64);
    Some(if matches!(value, Val::Duration(_)) {
        power / 1e9
    } else {
        power
    })
}

/// The smallest value that at least this share of all values does not exceed (the nearest-rank method).
fn nearest_rank(sorted: &[f64], quantile: f64) -> f64 {
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}
