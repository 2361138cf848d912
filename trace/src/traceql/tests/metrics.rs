//! What metrics queries come to.

use super::fixture::{checkout, span};
use crate::model::{Attribute, Span};
use crate::traceql::Query;
use crate::traceql::metrics::{Range, SeriesSet};
use crate::view::ModelTrace;

const MS: u64 = 1_000_000;

fn series(spans: &[Span], query: &str, range: Range) -> SeriesSet {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut metrics = query.metrics(range).expect("a metrics query");
    metrics.add(&ModelTrace(spans));
    metrics.finish()
}

/// The series as `label=value …: values`, over steps of half a second from −500 ms, so that the first span counts.
fn told(query: &str) -> Vec<String> {
    let mut spans = checkout();
    for span in &mut spans {
        span.start_unix_ns += 500 * MS;
        span.end_unix_ns += 500 * MS;
    }
    let range = Range::over(0, 1500 * MS, 500 * MS).expect("a range");
    series(&spans, query, range)
        .series
        .iter()
        .map(|series| {
            let labels: Vec<_> = series
                .labels
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{}: {:?}", labels.join(" "), series.values)
        })
        .collect()
}

#[test]
fn counts_and_rates() {
    // Starts: 500 | 600, 650, 700, 800, 950 | 1400
    assert_eq!(
        told("{ } | count_over_time()"),
        ["__name__=\"count_over_time\": [1.0, 5.0, 1.0]"]
    );
    assert_eq!(told("{ } | rate()"), ["__name__=\"rate\": [2.0, 10.0, 2.0]"]);
    assert_eq!(
        told("{ } | count_over_time() by (resource.service.name)"),
        [
            "resource.service.name=\"gateway\": [1.0, 1.0, 1.0]",
            "resource.service.name=\"orders\": [0.0, 4.0, 0.0]",
        ]
    );
    assert_eq!(
        told("{ kind = client } | count_over_time() by (span.db.rows)"),
        [
            "span.db.rows=10: [0.0, 1.0, 0.0]",
            "span.db.rows=20: [0.0, 1.0, 0.0]",
            "span.db.rows=nil: [0.0, 2.0, 0.0]",
        ]
    );
    // Of all together there were none, of each of no group nothing is known.
    assert_eq!(
        told("{ status = ok } | rate()"),
        ["__name__=\"rate\": [0.0, 0.0, 0.0]"]
    );
    assert_eq!(told("{ status = ok } | rate() by (name)"), Vec::<String>::new());
    // A series without any value says nothing.
    assert_eq!(told("({ } | rate()) / 0"), Vec::<String>::new());
}

#[test]
fn numbers_over_time() {
    assert_eq!(
        told("{ kind = client } | max_over_time(duration)"),
        ["__name__=\"max_over_time\": [NaN, 0.8, NaN]"]
    );
    assert_eq!(
        told("{ } | min_over_time(span.db.rows) by (name)"),
        ["name=\"SELECT stock\": [NaN, 10.0, NaN]"]
    );
    assert_eq!(
        told("{ } | avg_over_time(span.db.rows)"),
        ["__name__=\"avg_over_time\": [NaN, 15.0, NaN]"]
    );
    assert_eq!(
        told("{ } | sum_over_time(span.db.rows)"),
        ["__name__=\"sum_over_time\": [NaN, 30.0, NaN]"]
    );
    // Durations in the second step: 30, 100, 150, 700 and 800 ms.
    assert_eq!(
        told("{ } | quantile_over_time(duration, 0, 0.5, 0.9)"),
        [
            "p=0.0: [1.0, 0.03, 0.05]",
            "p=0.5: [1.0, 0.15, 0.05]",
            "p=0.9: [1.0, 0.8, 0.05]",
        ]
    );
    assert_eq!(
        told("{ name = \"SELECT stock\" } | histogram_over_time(span.db.rows)"),
        ["__bucket=16.0: [0.0, 1.0, 0.0]", "__bucket=32.0: [0.0, 1.0, 0.0]"]
    );
}

#[test]
fn second_stages_and_arithmetic() {
    assert_eq!(
        told("{ } | count_over_time() by (resource.service.name) | topk(1)"),
        [
            "resource.service.name=\"gateway\": [1.0, NaN, 1.0]",
            "resource.service.name=\"orders\": [NaN, 4.0, NaN]",
        ]
    );
    assert_eq!(
        told("{ } | count_over_time() by (resource.service.name) | bottomk(1)"),
        [
            "resource.service.name=\"gateway\": [NaN, 1.0, NaN]",
            "resource.service.name=\"orders\": [0.0, NaN, 0.0]",
        ]
    );
    assert_eq!(
        told("{ } | count_over_time() by (resource.service.name) > 2"),
        ["resource.service.name=\"orders\": [NaN, 4.0, NaN]"]
    );
    assert_eq!(
        told("({ } | count_over_time()) * 10 - 1"),
        ["__name__=\"count_over_time\": [9.0, 49.0, 9.0]"]
    );
    assert_eq!(
        told("10 / ({ } | count_over_time())"),
        ["__name__=\"count_over_time\": [10.0, 2.0, 10.0]"]
    );
    assert_eq!(
        told("({ kind = client } | count_over_time()) / ({ } | count_over_time())"),
        ["__name__=\"(count_over_time / count_over_time)\": [0.0, 0.8, 0.0]"]
    );
    assert_eq!(
        told(
            "({ status = error } | count_over_time() by (resource.service.name)) / ({ } | count_over_time() by (resource.service.name))"
        ),
        ["resource.service.name=\"orders\": [NaN, 0.25, NaN]"]
    );
    assert_eq!(
        told("({ } | count_over_time() by (resource.service.name)) / ({ } | count_over_time())"),
        [
            "resource.service.name=\"gateway\": [1.0, 0.2, 1.0]",
            "resource.service.name=\"orders\": [0.0, 0.8, 0.0]",
        ]
    );
}

#[test]
fn compare_counts_values_among_the_selected_and_the_rest() {
    let told = told("{ kind = client } | compare({ name =~ \"SELECT.*\" })");
    let about = |what: &str| {
        told.iter()
            .filter(|line| line.contains(what))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        about(" span.db.rows="),
        [
            "__meta_type=\"selection\" span.db.rows=10: [0.0, 1.0, 0.0]",
            "__meta_type=\"selection\" span.db.rows=20: [0.0, 1.0, 0.0]",
            "__meta_type=\"selection_total\" span.db.rows=nil: [0.0, 2.0, 0.0]",
        ]
    );
    assert_eq!(
        about(" resource.service.name="),
        [
            "__meta_type=\"baseline\" resource.service.name=\"gateway\": [0.0, 1.0, 0.0]",
            "__meta_type=\"baseline\" resource.service.name=\"orders\": [0.0, 1.0, 0.0]",
            "__meta_type=\"baseline_total\" resource.service.name=nil: [0.0, 2.0, 0.0]",
            "__meta_type=\"selection\" resource.service.name=\"orders\": [0.0, 2.0, 0.0]",
            "__meta_type=\"selection_total\" resource.service.name=nil: [0.0, 2.0, 0.0]",
        ]
    );
}

#[test]
fn too_many_series_are_left_out_and_counted() {
    let spans: Vec<_> = (0..1000u64)
        .map(|number| Span {
            attributes: vec![Attribute::new("n", number as i64)],
            ..span(1, 0, "x", 1 + number, 1 + number)
        })
        .map(|mut span| {
            span.span_id = crate::SpanId(span.start_unix_ns.to_be_bytes());
            span
        })
        .collect();
    let range = Range::over(0, 11_000 * MS, MS).expect("a range");
    let answer = series(&spans, "{ } | count_over_time() by (span.n)", range);
    assert_eq!((answer.series.len(), answer.left_out), (727, 273));
}
