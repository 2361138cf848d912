use std::sync::Arc;

use super::*;
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Resource, Span, Status, StatusCode};

/// A span by service, name, id, parent, start and end in milliseconds.
fn span(service: &str, name: &str, id: u64, parent: u64, start: u64, end: u64) -> Span {
    Span {
        resource: Arc::new(Resource {
            attributes: vec![Attribute::new("service.name", service)],
            ..Resource::default()
        }),
        trace_id: TraceId([0xab; 16]),
        span_id: SpanId(id.to_be_bytes()),
        parent_span_id: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
        name: name.to_owned(),
        start_unix_ns: 1_000_000_000 + start * 1_000_000,
        end_unix_ns: 1_000_000_000 + end * 1_000_000,
        ..Span::default()
    }
}

fn healthy() -> Vec<Span> {
    vec![
        span("load", "GET /api/orders", 1, 0, 0, 20),
        span("gateway", "GET /api/orders", 2, 1, 1, 19),
        span("orders", "GET /orders", 3, 2, 3, 17),
        span("orders", "pool acquire", 4, 3, 3, 5),
        span("orders", "SELECT orders", 5, 3, 5, 9),
        span("orders", "SELECT order_items", 6, 3, 10, 15),
    ]
}

fn n_plus_one() -> Vec<Span> {
    let mut spans = healthy();
    spans.truncate(5);
    spans[0].end_unix_ns += 40_000_000;
    spans[1].end_unix_ns += 40_000_000;
    spans[2].end_unix_ns += 40_000_000;
    spans.extend((0..20).map(|n| span("orders", "SELECT order_items", 10 + n, 3, 10 + n * 2, 12 + n * 2)));
    spans
}

fn drawn(spans: &[Span], options: &Options<'_>) -> String {
    let waterfall = draw(&Tree::of(spans), options);
    for line in &waterfall.lines {
        let columns: usize = line.pieces.iter().map(|piece| text::width(&piece.text)).sum();
        assert!(
            columns <= options.width.max(60) || !line.members.is_empty() && columns <= 200,
            "{line}"
        );
    }
    waterfall.to_string()
}

#[test]
fn a_healthy_trace_and_its_twin_are_drawn_in_one_scale() {
    let scale_ns = Some(extent(&Tree::of(&n_plus_one())));
    let options = Options {
        scale_ns,
        ..Options::default()
    };
    insta::assert_snapshot!(drawn(&healthy(), &options), @"
    abababababababababababababababab          0                     60.0ms
    load GET /api/orders                      █▒▒▒▒▒▒▒██                      20.0ms
    └ gateway GET /api/orders                 ██▒▒▒▒▒██                       18.0ms
      └ orders GET /orders                     ▒▒▒█▒▒█                        14.0ms
        ├ pool acquire                         ▓▓                             2.00ms
        ├ SELECT orders                         ███                           4.00ms
        └ SELECT order_items                      ███                         5.00ms
    ");
    insta::assert_snapshot!(drawn(&n_plus_one(), &options), @"
    abababababababababababababababab          0                     60.0ms
    load GET /api/orders                      █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█    60.0ms
    └ gateway GET /api/orders                 ██▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██    58.0ms
      └ orders GET /orders                     ▒▒▒█▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒████     54.0ms
        ├ pool acquire                         ▓▓                             2.00ms
        ├ SELECT orders                         ███                           4.00ms
        └ SELECT order_items ×20                  ████████████████████        40.0ms
    ");
}

#[test]
fn ascii_will_do() {
    insta::assert_snapshot!(drawn(&n_plus_one(), &Options { ascii: true, ..Options::default() }), @"
    abababababababababababababababab          0                     60.0ms
    load GET /api/orders                      #==========================#    60.0ms
    `-gateway GET /api/orders                 ##========================##    58.0ms
      `-orders GET /orders                     ===#==================####     54.0ms
        |-pool acquire                         ::                             2.00ms
        |-SELECT orders                         ###                           4.00ms
        `-SELECT order_items x20                  ####################        40.0ms
    ");
}

#[test]
fn errors_orphans_and_wrong_clocks_are_marked() {
    let mut spans = healthy();
    spans[5].status = Status {
        code: StatusCode::ERROR,
        message: String::new(),
    };
    spans.push(span("catalog", "GET /products", 7, 99, 6, 8));
    spans.push(span("users", "GET /users/{id}", 8, 2, 0, 60_000));
    insta::assert_snapshot!(drawn(&spans, &Options::default()), @"
    abababababababababababababababab          0                     40.0ms
    load GET /api/orders                      █▒▒▒▒▒▒▒▒▒▒▒▒█                  20.0ms
    └ gateway GET /api/orders                 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒                  18.0ms
      ├ users GET /users/{id}                 ██████████████▒▒▒▒▒▒▒▒▒▒▒▒▒›     1m00s
      └ orders GET /orders                      ▒▒▒▒▒▒▒▒▒▒                    14.0ms
        ├ pool acquire                          ░░                            2.00ms
        ├ SELECT orders                          ▒▒▒▒                         4.00ms
        └ SELECT order_items ✗                       ▒▒▒▒                     5.00ms
    (parent missing) catalog GET /products        ▒▒                          2.00ms
    note: 1 span missing their parent (lost, late, or broken propagation)
    note: 1 span starting before their parent (clocks differ)
    ");
}

#[test]
fn long_and_hostile_names_and_deep_trees_stay_in_their_columns() {
    let mut spans = vec![span("load", &"long name ".repeat(20), 1, 0, 0, 100)];
    spans.push(span(
        "注文サービス注文サービス",
        "\u{1b}[31m注文一覧注文一覧注文一覧注文一覧",
        2,
        1,
        1,
        99,
    ));
    spans.extend((3..40).map(|id| span("orders", "deeper", id, id - 1, id, 99 - id)));
    insta::assert_snapshot!(drawn(&spans, &Options { max_rows: 15, ..Options::default() }), @"
    abababababababababababababababab          0                      100ms
    load long name long name long name long … █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█     100ms
    └ 注文サービス注文サービス �[31m注文一覧… █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██    98.0ms
      └ orders deeper                         ██▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█     93.0ms
        └ deeper                               █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█     91.0ms
          └ deeper                             █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█     89.0ms
            └ deeper                           █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██     87.0ms
              └ deeper                         ██▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█      85.0ms
                └ deeper                        █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█      83.0ms
                  └ deeper                      █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██      81.0ms
                    └ deeper                    ██▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█       79.0ms
                      └ deeper                   █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█       77.0ms
    …11 deeper                                   █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█       75.0ms
    …12 deeper                                   █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██       73.0ms
    …13 deeper                                   ██▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█        71.0ms
    …14 deeper                                    █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█        69.0ms
    24 more lines are not shown
    ");
}

#[test]
fn nothing_is_drawn_of_nothing_and_a_hundred_thousand_spans_in_as_many_lines_as_asked_for() {
    assert_eq!(draw(&Tree::of(&[]), &Options::default()).lines.len(), 0);
    let spans: Vec<_> = (1..=100_000)
        .map(|id| span("s", "deep", id, id - 1, id, 300_000 - id))
        .collect();
    let waterfall = draw(&Tree::of(&spans), &Options::default());
    assert_eq!(waterfall.lines.len(), 62);
    assert_eq!(waterfall.lines[61].to_string(), "99940 more lines are not shown");
}
