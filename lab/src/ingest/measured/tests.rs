use opentelemetry_proto::tonic::metrics::v1::{Gauge, Histogram, ResourceMetrics, ScopeMetrics, Sum};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue {
        value: Some(any_value::Value::StringValue(value.to_owned())),
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
        ..KeyValue::default()
    }
}

fn request(name: &str, data: metric::Data) -> Bytes {
    let metric = Metric {
        name: name.to_owned(),
        unit: "s".to_owned(),
        data: Some(data),
        ..Metric::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![
                    attribute("service.name", "orders"),
                    attribute("service.instance.id", "one"),
                ],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![metric],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    request.encode_to_vec().into()
}

fn number(start: u64, at: u64, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![attribute("state", "used")],
        start_time_unix_nano: start * SECOND,
        time_unix_nano: at * SECOND,
        value: Some(number_data_point::Value::AsDouble(value)),
        ..NumberDataPoint::default()
    }
}

fn sum(is_monotonic: bool, aggregation_temporality: i32, point: NumberDataPoint) -> metric::Data {
    metric::Data::Sum(Sum {
        data_points: vec![point],
        aggregation_temporality,
        is_monotonic,
    })
}

/// The points of the only line, in seconds.
fn only(measured: &Measured) -> Vec<(u64, f64)> {
    let [(_, line)] = measured
        .lines(&(0..=u64::MAX), |_| true)
        .try_into()
        .expect("one line");
    line.points
        .iter()
        .map(|(at, value)| (at / SECOND, *value))
        .collect()
}

fn after(all: impl IntoIterator<Item = metric::Data>) -> Measured {
    let mut measured = Measured::default();
    for data in all {
        measured.add(1, &request("it", data), Instant::now());
    }
    measured
}

#[test]
fn gauges_and_sums_that_may_fall_are_kept_as_they_are() {
    let gauge = |at, value| {
        metric::Data::Gauge(Gauge {
            data_points: vec![number(0, at, value)],
        })
    };
    assert_eq!(
        only(&after([
            gauge(5, 3.0),
            gauge(10, 2.0),
            gauge(10, 9.0),
            gauge(7, 9.0)
        ])),
        [(5, 3.0), (10, 2.0)]
    );
    assert_eq!(only(&after([sum(false, 2, number(1, 5, 3.0))])), [(5, 3.0)]);
    assert_eq!(after([sum(false, 1, number(1, 5, 3.0))]).lines.len(), 0);
}

#[test]
fn of_a_sum_that_grows_its_rate_is_kept_also_when_it_begins_anew() {
    let cumulative = [
        number(1, 5, 10.0),
        number(1, 10, 30.0),
        number(1, 15, 30.0),
        number(16, 20, 8.0),
    ];
    let kept = after(cumulative.map(|point| sum(true, 2, point)));
    assert_eq!(only(&kept), [(10, 4.0), (15, 0.0), (20, 2.0)]);
    let delta = [number(1, 5, 8.0), number(5, 10, 5.0)];
    assert_eq!(
        only(&after(delta.map(|point| sum(true, 1, point)))),
        [(5, 2.0), (10, 1.0)]
    );
}

#[test]
fn of_a_histogram_the_mean_since_the_last_point_is_kept() {
    let histogram = |at: u64, sum, count| {
        metric::Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                start_time_unix_nano: SECOND,
                time_unix_nano: at * SECOND,
                sum,
                count,
                ..HistogramDataPoint::default()
            }],
            aggregation_temporality: 2,
        })
    };
    let kept = after([
        histogram(5, Some(1.0), 10),
        histogram(10, Some(3.0), 14),
        histogram(15, Some(3.0), 14),
        histogram(20, None, 20),
    ]);
    assert_eq!(only(&kept), [(10, 0.5)], "nothing when nothing was recorded");
    assert_eq!(kept.left_out(), 1);
}

#[test]
fn lines_are_bounded_and_those_that_went_quiet_make_room() {
    let mut measured = Measured::default();
    let gauge = |name: &str, at| {
        let data = Gauge {
            data_points: vec![number(0, at, 1.0)],
        };
        request(name, metric::Data::Gauge(data))
    };
    let begun = Instant::now();
    let after = |seconds| begun + Duration::from_secs(seconds);
    // Whose clock is wrong has no place for longer than others.
    for line in 0..MOST_LINES {
        measured.add(1, &gauge(&line.to_string(), u64::MAX / SECOND), begun);
    }
    measured.add(1, &gauge("one more", 150), after(60));
    assert_eq!((measured.lines.len(), measured.left_out()), (MOST_LINES, 1));
    measured.add(1, &gauge("one more", 161), after(61));
    measured.add(1, &gauge(&"x".repeat(LONGEST + 1), 161), after(61));
    assert_eq!((measured.lines.len(), measured.left_out()), (MOST_LINES, 2));
    measured.add(7, &vec![0; LARGEST + 1].into(), after(61));
    assert_eq!(measured.left_out(), 2 + 7);
    for at in 0..2 * MOST_POINTS as u64 {
        measured.add(1, &gauge("one more", 200 + at), after(61));
    }
    let lines = measured.lines(&(200 * SECOND..=10_000 * SECOND), |_| true);
    assert_eq!((lines.len(), lines[0].1.points.len()), (1, MOST_POINTS));
    assert!(
        measured
            .lines(&(0..=u64::MAX), |key| key.service == "users")
            .is_empty()
    );
}
