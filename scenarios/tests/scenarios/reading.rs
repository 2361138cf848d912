//! What is written is what is read.

use std::time::Duration;

use scenarios::model::{Model, Rate, Spacing};

use crate::vocabulary::{Words, parse};

const SAMPLE: &str = r#"
title: One query per order
seed: 7
shop: { users: 2_000, products: 1_000, orders: 100_000 }
warm_up: 2s
load:
  - { journey: order-history, rate: 50/s, for: 30s, spacing: even }
  - { mix: { search: 5, home: 3 }, rate: 10/s..100/s, from: 5s, for: 1m }
  - { journey: home, rate: [10/s, 50/s, 10/s], for: 30s }
  - { journey: search, users: 5, think: 200ms..1s, for: 30s }
faults:
  - { fault: slow-query, at: orders.list-orders, share: 50%, from: 5s, until: 25s }
  - { fault: network-latency, at: gateway->orders, delay: 1.5s, journey: home, user: 3 }
  - { fault: network-latency, at: orders->database, delay: 80ms }
expect:
  - p(95, order-history) < 250ms
  - spans(orders, "SELECT order_items") > 10: at least 90% of affected(slow-query)
"#;

#[test]
fn every_form_of_load_and_fault_is_read() {
    let scenario = parse(SAMPLE).expect("valid");
    assert_eq!(
        (scenario.name.as_str(), scenario.title.as_str(), scenario.seed),
        ("x", "One query per order", 7)
    );
    assert_eq!((scenario.shop.users, scenario.shop.orders), (2_000, 100_000));
    assert_eq!(scenario.warm_up, Duration::from_secs(2));
    let models: Vec<_> = scenario.load.iter().map(|load| load.model.clone()).collect();
    assert_eq!(
        models,
        [
            Model::Open {
                rate: Rate::Constant(50.0),
                spacing: Spacing::Even
            },
            Model::Open {
                rate: Rate::Ramp(10.0, 100.0),
                spacing: Spacing::Poisson
            },
            Model::Open {
                rate: Rate::Steps(vec![10.0, 50.0, 10.0]),
                spacing: Spacing::Poisson
            },
            Model::Closed {
                users: 5,
                think: Duration::from_millis(200)..=Duration::from_secs(1)
            },
        ]
    );
    assert_eq!(
        scenario.load[1].mix,
        [("search".to_owned(), 5), ("home".to_owned(), 3)]
    );
    assert_eq!(scenario.load[1].from, Duration::from_secs(5));
    assert_eq!(scenario.load[1].duration, Duration::from_secs(60));
    let fault = &scenario.faults[0];
    assert_eq!(
        (fault.share, fault.from, fault.until),
        (0.5, Duration::from_secs(5), Some(Duration::from_secs(25)))
    );
    let fault = &scenario.faults[1];
    assert_eq!(fault.parameters.get("delay").map(String::as_str), Some("1.5s"));
    assert_eq!(
        (fault.journey.as_deref(), fault.user, fault.share),
        (Some("home"), Some(3), 1.0)
    );
    assert_eq!(
        scenario
            .expect
            .iter()
            .map(|expectation| expectation.text.as_str())
            .collect::<Vec<_>>(),
        [
            "p(95, order-history) < 250ms",
            "spans(orders, \"SELECT order_items\") > 10: at least 90% of affected(slow-query)"
        ]
    );
}

#[test]
fn a_load_is_all_that_is_needed() {
    let scenario = parse("load: [{ journey: home, rate: 1/s, for: 1s }]").expect("valid");
    assert_eq!((scenario.title.as_str(), scenario.seed), ("x", 42));
    assert!(scenario.faults.is_empty() && scenario.expect.is_empty());
}

#[test]
fn requests_of_one_s_own_take_the_place_of_journeys() {
    let scenario = parse(
        "requests:\n  ping: { path: /ping }\n  put: { method: put, path: /x, headers: { X-Key: 1.50 }, body: 2_0 }\n\
         load:\n  - { mix: { ping: 1, put: 2 }, rate: 1/s, for: 1s }\nexpect: ['p(95, ping) < 1s']\n",
    )
    .expect("valid");
    let put = &scenario.requests["put"];
    assert_eq!((put.method.as_str(), put.body.as_deref()), ("PUT", Some("2_0")));
    assert_eq!(
        put.headers,
        [("x-key".to_owned(), "1.50".to_owned())],
        "as written, not as a number"
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_trouble() {
    let text = format!("\u{feff}{}", SAMPLE.replace('\n', "\r\n"));
    assert_eq!(parse(&text).expect("valid"), parse(SAMPLE).expect("valid"));
}

#[test]
fn the_schema_knows_every_field_of_the_sample() {
    let schema = scenarios::schema::schema(&Words);
    for field in [
        "title", "seed", "shop", "warm_up", "load", "faults", "expect", "requests", "version",
    ] {
        assert!(schema["properties"][field]["description"].is_string(), "{field}");
    }
    let rule = &schema["properties"]["faults"]["items"]["oneOf"][1];
    assert_eq!(rule["properties"]["fault"]["const"], "network-latency");
    assert!(rule["properties"]["delay"].is_object());
    assert_eq!(schema["additionalProperties"], false);
}
