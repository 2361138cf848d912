//! What services measure themselves: the latest points of the metrics that they send over OTLP, so far as they can be drawn as lines.
//!
//! A gauge is kept as it is, and so is a sum that may fall (connections in use). Of a sum that only grows its rate is kept, and of a
//! histogram or summary the mean: both need the point before, so that the first of a cumulative one gives none.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint, metric,
    number_data_point,
};
use prost::Message as _;
use serde::Serialize;

/// How many lines are kept; a further one takes the place of one that nothing has come for in a while, or is left out.
const MOST_LINES: usize = 1_000;
/// How many points of a line are kept, the latest: an hour of them, a point every five seconds.
const MOST_POINTS: usize = 720;
/// How long nothing has come for a line that makes room. By the lab's clock: senders may say any time.
const QUIET: Duration = Duration::from_secs(60);
/// The largest request that is decoded, in bytes.
const LARGEST: usize = 1 << 20;
/// The longest name, attribute or value that is kept, in bytes, and how many attributes.
const LONGEST: usize = 300;
const MOST_ATTRIBUTES: usize = 16;

/// What the values of a line are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The value itself.
    Value,
    /// By how much it grew in a second.
    PerSecond,
    /// The mean of what was recorded since the last point.
    Mean,
}

/// What makes a line another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub service: String,
    pub metric: String,
    pub meaning: Meaning,
    /// The `service.instance.id`.
    pub instance: String,
    pub attributes: BTreeMap<String, String>,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    pub unit: String,
    pub description: String,
    /// When, in nanoseconds since 1970, and how much.
    pub points: VecDeque<(u64, f64)>,
    last: Option<Raw>,
    came: Instant,
}

/// A point as it came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Raw {
    start_unix_ns: u64,
    unix_ns: u64,
    /// The value, or the sum of a histogram.
    value: f64,
    /// How many were recorded, of a histogram.
    count: u64,
    is_delta: bool,
}

/// All lines.
#[derive(Debug, Default)]
pub struct Measured {
    lines: HashMap<Key, Line>,
    left_out: u64,
}

impl Measured {
    /// Adds what a request of so many points says. Requests are decoded one at a time, and only such as services send: what is decoded
    /// can be many times what was sent.
    pub fn add(&mut self, points: u64, request: &Bytes, now: Instant) {
        let decoded =
            (request.len() <= LARGEST).then(|| ExportMetricsServiceRequest::decode(request.clone()));
        let Some(Ok(request)) = decoded else {
            self.left_out += points;
            return;
        };
        for resource in request.resource_metrics {
            let attributes = resource.resource.map(|it| it.attributes).unwrap_or_default();
            let text = |key: &str| {
                attributes
                    .iter()
                    .find(|it| it.key == key)
                    .map(|it| told(it.value.as_ref()))
            };
            let service = text("service.name").unwrap_or_else(|| "unknown_service".to_owned());
            let instance = text("service.instance.id").unwrap_or_default();
            for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                self.metric(&service, &instance, metric, now);
            }
        }
    }

    fn metric(&mut self, service: &str, instance: &str, metric: Metric, now: Instant) {
        let Metric {
            name,
            description,
            unit,
            data,
            ..
        } = metric;
        for (meaning, attributes, raw) in points(data) {
            let too_long = |text: &str| text.len() > LONGEST;
            let is_too_large = attributes.len() > MOST_ATTRIBUTES
                || [&*name, service, instance].into_iter().any(too_long)
                || attributes.iter().any(|it| too_long(&it.key));
            let key = Key {
                service: service.to_owned(),
                metric: name.clone(),
                meaning,
                instance: instance.to_owned(),
                attributes: attributes
                    .iter()
                    .map(|it| (it.key.clone(), told(it.value.as_ref())))
                    .collect(),
            };
            if is_too_large || !raw.value.is_finite() || !self.has_room(&key, now) {
                self.left_out += 1;
                continue;
            }
            let line = self.lines.entry(key).or_insert_with(|| Line::new(now));
            line.came = now;
            cut(&unit).clone_into(&mut line.unit);
            cut(&description).clone_into(&mut line.description);
            line.add(meaning, raw);
        }
    }

    /// Whether there is a place for a line, or can be made.
    fn has_room(&mut self, key: &Key, now: Instant) -> bool {
        if self.lines.len() < MOST_LINES || self.lines.contains_key(key) {
            return true;
        }
        let quietest = self.lines.iter().min_by_key(|(_, line)| line.came);
        let quietest = quietest.filter(|(_, line)| now.saturating_duration_since(line.came) > QUIET);
        let Some(key) = quietest.map(|(key, _)| key.clone()) else {
            return false;
        };
        self.lines.remove(&key).is_some()
    }

    /// Those lines that are meant with their points in a time, in a settled order.
    pub fn lines(&self, time: &RangeInclusive<u64>, is_meant: impl Fn(&Key) -> bool) -> Vec<(Key, Line)> {
        let own = self.lines.iter().filter(|(key, _)| is_meant(key));
        let mut found: Vec<(Key, Line)> = own
            .map(|(key, line)| {
                let points = line.points.iter().filter(|(unix_ns, _)| time.contains(unix_ns));
                (key, line, points.copied().collect::<VecDeque<_>>())
            })
            .filter(|(_, _, points)| !points.is_empty())
            .map(|(key, line, points)| (key.clone(), line.with(points)))
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found
    }

    /// How many points had no place.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl Line {
    fn new(now: Instant) -> Self {
        Self {
            unit: String::new(),
            description: String::new(),
            points: VecDeque::new(),
            last: None,
            came: now,
        }
    }

    /// The same line with some of its points.
    fn with(&self, points: VecDeque<(u64, f64)>) -> Self {
        Self {
            unit: self.unit.clone(),
            description: self.description.clone(),
            points,
            ..*self
        }
    }

    fn add(&mut self, meaning: Meaning, raw: Raw) {
        // What came before is known already, or came too late to be drawn.
        if self.last.is_some_and(|last| last.unix_ns >= raw.unix_ns) {
            return;
        }
        if let Some(value) = drawn(meaning, self.last, raw).filter(|value| value.is_finite()) {
            self.points.push_back((raw.unix_ns, value));
            if self.points.len() > MOST_POINTS {
                self.points.pop_front();
            }
        }
        self.last = Some(raw);
    }
}

/// What is drawn of a point; none if it needs the one before and that is not there.
fn drawn(meaning: Meaning, last: Option<Raw>, raw: Raw) -> Option<f64> {
    if meaning == Meaning::Value {
        return Some(raw.value);
    }
    // A sum that fell was begun anew, and so was one with another start.
    let before = last.filter(|last| {
        last.start_unix_ns == raw.start_unix_ns && last.value <= raw.value && last.count <= raw.count
    });
    let (value, count, since) = match (raw.is_delta, before) {
        (false, Some(last)) => (raw.value - last.value, raw.count - last.count, last.unix_ns),
        (false, None) if last.is_none() => return None,
        _ => (raw.value, raw.count, raw.start_unix_ns),
    };
    let seconds = raw.unix_ns.saturating_sub(since) as f64 / 1e9;
    match meaning {
        Meaning::PerSecond => (since > 0 && seconds > 0.0).then(|| value / seconds),
        _ => (count > 0).then(|| value / count as f64),
    }
}

/// A point with what its line is told from others by.
type Point = (Meaning, Vec<KeyValue>, Raw);

/// The points of a metric.
fn points(data: Option<metric::Data>) -> Vec<Point> {
    /// `AGGREGATION_TEMPORALITY_DELTA`.
    const DELTA: i32 = 1;
    match data {
        Some(metric::Data::Gauge(it)) => numbers(it.data_points, Meaning::Value, false),
        Some(metric::Data::Sum(it)) if it.is_monotonic => numbers(
            it.data_points,
            Meaning::PerSecond,
            it.aggregation_temporality == DELTA,
        ),
        // What a sum that may fall changed by says nothing by itself.
        Some(metric::Data::Sum(it)) if it.aggregation_temporality == DELTA => Vec::new(),
        Some(metric::Data::Sum(it)) => numbers(it.data_points, Meaning::Value, false),
        Some(metric::Data::Histogram(it)) => {
            let is_delta = it.aggregation_temporality == DELTA;
            let points = it.data_points.into_iter();
            let times = |point: &HistogramDataPoint| (point.start_time_unix_nano, point.time_unix_nano);
            points
                .map(|it| mean(times(&it), it.sum, it.count, is_delta, it.attributes))
                .collect()
        }
        Some(metric::Data::ExponentialHistogram(it)) => {
            let is_delta = it.aggregation_temporality == DELTA;
            let points = it.data_points.into_iter();
            let times =
                |point: &ExponentialHistogramDataPoint| (point.start_time_unix_nano, point.time_unix_nano);
            points
                .map(|it| mean(times(&it), it.sum, it.count, is_delta, it.attributes))
                .collect()
        }
        Some(metric::Data::Summary(it)) => {
            let points = it.data_points.into_iter();
            let times = |point: &SummaryDataPoint| (point.start_time_unix_nano, point.time_unix_nano);
            points
                .map(|it| mean(times(&it), Some(it.sum), it.count, false, it.attributes))
                .collect()
        }
        None => Vec::new(),
    }
}

fn numbers(points: Vec<NumberDataPoint>, meaning: Meaning, is_delta: bool) -> Vec<Point> {
    let number = |point: NumberDataPoint| {
        let raw = Raw {
            start_unix_ns: point.start_time_unix_nano,
            unix_ns: point.time_unix_nano,
            value: match point.value? {
                number_data_point::Value::AsDouble(value) => value,
                number_data_point::Value::AsInt(value) => value as f64,
            },
            count: 0,
            is_delta,
        };
        Some((meaning, point.attributes, raw))
    };
    points.into_iter().filter_map(number).collect()
}

fn mean(
    (start_unix_ns, unix_ns): (u64, u64),
    sum: Option<f64>,
    count: u64,
    is_delta: bool,
    attributes: Vec<KeyValue>,
) -> Point {
    let raw = Raw {
        start_unix_ns,
        unix_ns,
        // Without a sum there is no mean: not a number, which is left out.
        value: sum.unwrap_or(f64::NAN),
        count,
        is_delta,
    };
    (Meaning::Mean, attributes, raw)
}

/// A value as text, as far as that is not too long.
fn told(value: Option<&AnyValue>) -> String {
    match value.and_then(|it| it.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => cut(text).to_owned(),
        Some(any_value::Value::BoolValue(truth)) => truth.to_string(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::DoubleValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
