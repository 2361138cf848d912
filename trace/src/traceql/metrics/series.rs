//! Series of numbers, and what can be done with them.

use std::collections::HashMap;

use super::super::evaluate::{Val, reckon};
use super::super::syntax::{Arithmetic, Comparison, Literal};

/// What tells series apart, in order.
pub type Labels = Vec<(String, Literal)>;

/// The label of a series that nothing else tells apart: what was computed.
pub const NAME: &str = "__name__";

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What tells it apart.
    pub labels: Labels,
    /// A value for each time; NaN where there is none.
    pub values: Vec<f64>,
}

/// The answer to a metrics query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesSet {
    /// The times, in nanoseconds since 1970.
    pub times: Vec<u64>,
    /// The series, sorted by their labels.
    pub series: Vec<Series>,
    /// How many spans were left out because there would have been too many series; if it is not 0 the answer is not
    /// whole.
    pub left_out: u64,
}

impl Series {
    /// By what series are sorted.
    pub(super) fn sort_key(&self) -> Vec<(String, String)> {
        self.labels
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect()
    }

    /// The labels as bytes, the same for equal labels; the name does not count.
    fn key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for (name, value) in self.labels.iter().filter(|(name, _)| name != NAME) {
            Val::Text(name).write_key(&mut key);
            Val::literal(value).write_key(&mut key);
        }
        key
    }
}

impl SeriesSet {
    /// The same with every value changed.
    pub(super) fn map(mut self, change: impl Fn(f64) -> f64) -> Self {
        for value in self.series.iter_mut().flat_map(|series| &mut series.values) {
            *value = change(*value);
        }
        self
    }
}

/// Reckons with two values; nothing is divided by zero.
pub fn reckoned(operator: Arithmetic, left: f64, right: f64) -> f64 {
    if operator == Arithmetic::Divide && right == 0.0 {
        return f64::NAN;
    }
    reckon(operator, left, right)
}

/// Series of both sides that have the same labels, point by point; one without labels goes with all of the other side.
pub fn both(operator: Arithmetic, left: &SeriesSet, right: &SeriesSet) -> SeriesSet {
    let by_key = |set: &SeriesSet| -> HashMap<Vec<u8>, usize> {
        set.series
            .iter()
            .enumerate()
            .map(|(place, series)| (series.key(), place))
            .collect()
    };
    let (of_left, of_right) = (by_key(left), by_key(right));
    let bare: &[u8] = &[];
    let leading = if of_right.contains_key(bare) { left } else { right };
    let partner =
        |places: &HashMap<Vec<u8>, usize>, key: &[u8]| places.get(key).or(places.get(bare)).copied();
    let mut series = Vec::new();
    for each in &leading.series {
        let key = each.key();
        let (Some(one), Some(other)) = (partner(&of_left, &key), partner(&of_right, &key)) else {
            continue;
        };
        let (one, other) = (&left.series[one], &right.series[other]);
        let values = one.values.iter().zip(&other.values);
        series.push(Series {
            labels: named(operator, each, one, other),
            values: values
                .map(|(one, other)| reckoned(operator, *one, *other))
                .collect(),
        });
    }
    SeriesSet {
        times: left.times.clone(),
        series,
        left_out: left.left_out + right.left_out,
    }
}

/// The labels of a combined series; two names become one.
fn named(operator: Arithmetic, leading: &Series, one: &Series, other: &Series) -> Labels {
    let name = |series: &Series| {
        series.labels.iter().find_map(|(label, value)| match value {
            Literal::String(name) if label == NAME => Some(name.clone()),
            _ => None,
        })
    };
    let mut labels: Labels = leading
        .labels
        .iter()
        .filter(|(label, _)| label != NAME)
        .cloned()
        .collect();
    if let (Some(one), Some(other)) = (name(one), name(other)) {
        let sign = super::super::words::written(super::super::words::ARITHMETIC, &operator);
        labels.insert(
            0,
            (NAME.into(), Literal::String(format!("({one} {sign} {other})"))),
        );
    }
    labels
}

/// At each time only the greatest or the least `count` values; of equal ones those whose labels come first.
pub fn extreme(mut set: SeriesSet, count: usize, greatest: bool) -> SeriesSet {
    if set.series.len() <= count {
        return set;
    }
    set.series.sort_by_cached_key(Series::sort_key);
    for time in 0..set.times.len() {
        let mut places: Vec<usize> = (0..set.series.len())
            .filter(|place| !set.series[*place].values[time].is_nan())
            .collect();
        // The sort is stable, so that equal values stay in the order of their labels.
        places.sort_by(|one, other| {
            let order = set.series[*one].values[time].total_cmp(&set.series[*other].values[time]);
            if greatest { order.reverse() } else { order }
        });
        for place in places.into_iter().skip(count) {
            set.series[place].values[time] = f64::NAN;
        }
    }
    without_empty(set)
}

/// Only the values that compare so.
pub fn filtered(set: SeriesSet, operator: Comparison, number: f64) -> SeriesSet {
    let keeps = |value: f64| match operator {
        Comparison::Equal => value == number,
        Comparison::NotEqual => value != number,
        Comparison::Less => value < number,
        Comparison::LessOrEqual => value <= number,
        Comparison::Greater => value > number,
        Comparison::GreaterOrEqual => value >= number,
    };
    without_empty(set.map(|value| if keeps(value) { value } else { f64::NAN }))
}

fn without_empty(mut set: SeriesSet) -> SeriesSet {
    set.series
        .retain(|series| series.values.iter().any(|value| !value.is_nan()));
    set
}
