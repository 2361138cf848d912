//! Every scenario of the catalogue does what it says, on each database: its own expectations hold.

use crate::support::{Place, databases};

fn holds(scenario: &str) {
    for database in databases() {
        let place = Place::new();
        let run = place.run_named("out", scenario, &database);
        assert_eq!(
            run.code(),
            Some(0),
            "{scenario} {database:?}: {}\n{:#}",
            run.errors(),
            run.summary["expectations"]
        );
        run.assert_accounted();
        for fault in run.summary["faults"].as_array().expect("faults") {
            assert_ne!(fault["applied"], 0, "{scenario} {database:?}: {fault:#}");
        }
    }
}

#[test]
fn first_look() {
    holds("first-look");
}

#[test]
fn healthy() {
    holds("healthy");
}

#[test]
fn everyday() {
    holds("everyday");
}

#[test]
fn slow_query() {
    holds("slow-query");
}

#[test]
fn n_plus_one_sql() {
    holds("n-plus-one-sql");
}

#[test]
fn lock_contention() {
    holds("lock-contention");
}

#[test]
fn network_latency() {
    holds("network-latency");
}

#[test]
fn checkout_rush() {
    holds("checkout-rush");
}
