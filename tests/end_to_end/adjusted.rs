//! A scenario changed from the command line: without its faults, fixed, over several values.

use serde_json::Value;

use crate::support::{Place, finish};

const SCENARIO: &str = "\
title: Orders, item by item
seed: 5
shop: { users: 20, products: 50, orders: 400 }
load:
  - { journey: order-history, rate: 30/s, for: 2s }
faults:
  - { fault: n-plus-one-sql, at: orders.list-orders, share: 50% }
  - { fault: network-latency, at: client->gateway, delay: 40ms, share: 50% }
expect:
  - spans(orders, \"SELECT order_items\") > 3: at least 90% of affected(n-plus-one-sql)
  - share(errors) < 50%
";

fn stdout_of(place: &Place, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = finish(place.faultmart(arguments));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_plan_without_faults_is_the_same_plan() {
    let place = Place::new();
    let scenario = place.scenario(SCENARIO);
    let (code, with, _) = stdout_of(&place, &["plan", scenario]);
    assert_eq!(code, Some(0));
    let (code, without, errors) = stdout_of(&place, &["plan", scenario, "--no-faults"]);
    assert_eq!(code, Some(0));
    assert!(
        errors.contains("at least 90% of affected(n-plus-one-sql)"),
        "{errors}"
    );
    assert_eq!(with.lines().count(), without.lines().count());
    let mut picked = 0;
    for (one, other) in with.lines().zip(without.lines()) {
        let [one, other] = [one, other].map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
        for same in ["sequence", "at_us", "journey", "trace_id"] {
            assert_eq!(one[same], other[same]);
        }
        assert_eq!(one["request"]["path"], other["request"]["path"]);
        picked += usize::from(one["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
        assert_eq!(other["faults"], serde_json::json!([]));
    }
    assert!(picked > 10, "{picked}");
}

#[test]
fn what_cannot_be_changed_is_said() {
    let place = Place::new();
    let scenario = place.scenario(SCENARIO);
    for (arguments, message) in [
        (vec!["--only", "slow-query"], "has no fault `slow-query`"),
        (vec!["--at", "catalog.serch"], "cannot strike at `catalog.serch`"),
        (vec!["--share", "150%"], "150%"),
        (vec!["--sweep", "dely=1ms,2ms"], "no quantity `dely`"),
        (vec!["--sweep", "delay=1ms,soon"], "soon"),
        (vec!["--sweep", "delay"], "NAME=VALUE"),
        (vec!["--fixed", "--no-faults"], "cannot be used with"),
    ] {
        let (code, _, errors) = stdout_of(&place, &[vec!["run", scenario], arguments.clone()].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
    }
}

#[test]
fn fixed_plays_the_same_requests_with_the_healthy_code() {
    let place = Place::new();
    let run = place.run(SCENARIO, &["--fixed"]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    assert_eq!(run.summary["schema"], "faultmart.fixed/1");
    assert!(run.number("/faulty/faults/0/applied") > 0.0);
    assert_eq!(run.summary["fixed"]["faults"], serde_json::json!([]));
    assert_eq!(
        run.number("/faulty/load/planned"),
        run.number("/fixed/load/planned")
    );
    let rows = run.summary["comparison"].as_array().expect("rows");
    let delayed = rows
        .iter()
        .find(|row| row["fault"] == "network-latency" && row["cohort"] == "affected")
        .unwrap_or_else(|| panic!("no row in {rows:?}"));
    assert!(delayed["requests"].as_u64() > Some(10), "{delayed}");
    // 40 ms are held on the socket in the one run, and nothing in the other.
    let p50 = |which: &str| delayed[which]["p50"].as_f64().unwrap_or_default();
    assert!(p50("faulty_ms") >= 40.0, "{delayed}");
    assert!(p50("faulty_ms") > p50("fixed_ms"), "{delayed}");
    for which in ["faulty", "fixed"] {
        assert!(run.folder.join(which).join("summary.json").exists(), "{which}");
    }
}

#[test]
fn a_sweep_runs_each_value_and_keeps_the_curve() {
    let place = Place::new();
    let run = place.run(
        SCENARIO,
        &["--only", "network-latency", "--sweep", "delay=10ms,60ms"],
    );
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    let text = std::fs::read_to_string(run.folder.join("sweep.json")).expect("sweep.json");
    let sweep: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(sweep, run.summary);
    let points = sweep["points"].as_array().expect("points");
    assert_eq!(points.len(), 2);
    for (point, least) in points.iter().zip([10.0, 60.0]) {
        assert!(point["affected_ms"]["p50"].as_f64() >= Some(least), "{point}");
        let folder = point["folder"].as_str().expect("a folder");
        assert!(
            std::path::Path::new(folder).join("summary.json").exists(),
            "{folder}"
        );
    }
}
