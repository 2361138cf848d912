//! The open model: arrivals do not wait.

use std::sync::Mutex;

use super::*;
use crate::server::{OK, Reply, Server};

/// An observer that holds up the generator itself, once.
struct Stall {
    kept: Kept,
    at: usize,
    lasts: Duration,
}

impl Observer for Stall {
    fn finished(&mut self, sample: &Sample) {
        self.kept.finished(sample);
        if self.kept.samples.len() == self.at {
            std::thread::sleep(self.lasts);
        }
    }

    fn dropped(&mut self, dropped: &Dropped) {
        self.kept.dropped(dropped);
    }
}

fn run_stalled(count: u64, lasts: Duration, options: Options) -> (Outcome, Kept) {
    let server = Server::start(|_| OK.into());
    let observer = Stall {
        kept: Kept::default(),
        at: 5,
        lasts,
    };
    let plan = arrivals(count, MS * 5, "GET");
    let ran = loadgen::run(
        plan,
        &server.target(),
        options,
        observer,
        &Stop::new(),
        &Progress::new(),
    );
    let (outcome, stall) = ran.expect("it runs");
    assert_equations(&outcome);
    (outcome, stall.kept)
}

#[test]
fn a_service_that_stalls_is_seen_by_all_who_came_meanwhile() {
    let door = Mutex::new(());
    let server = Server::start(move |request| {
        let _one_at_a_time = door.lock().expect("not poisoned");
        if request.number == 10 {
            std::thread::sleep(MS * 200);
        }
        OK.into()
    });
    let (outcome, kept) = run(arrivals(80, MS * 5, "GET"), &server.target(), Options::default());
    assert_eq!(outcome.completed, 80);
    // A generator that waits for answers would have seen one: about twenty were due in the first half of the stall.
    let slow = kept
        .samples
        .iter()
        .filter(|sample| sample.latency_from_schedule() >= MS * 100)
        .count();
    assert!(slow >= 15, "{slow} of 80 were slow");
}

#[test]
fn what_the_generator_itself_is_late_counts_from_schedule_and_not_from_send() {
    let (_, kept) = run_stalled(60, MS * 200, Options::default());
    let late = |sample: &&Sample| sample.lateness() >= MS * 100;
    let late: Vec<&Sample> = kept.samples.iter().filter(late).collect();
    assert!(late.len() >= 15, "{} of 60 were late", late.len());
    for sample in late {
        assert_eq!(
            sample.latency_from_schedule(),
            sample.lateness() + sample.latency_from_send()
        );
        assert!(
            sample.latency_from_send() < sample.latency_from_schedule() - MS * 99,
            "{sample:?}"
        );
    }
}

#[test]
fn an_arrival_that_the_generator_comes_to_too_late_is_dropped() {
    let options = Options {
        max_lateness: MS * 100,
        ..Options::default()
    };
    let (outcome, kept) = run_stalled(80, MS * 300, options);
    assert!(outcome.dropped >= 20, "{outcome:?}");
    assert_eq!(outcome.planned, 80);
    assert_eq!(kept.dropped.len() as u64, outcome.dropped);
    assert!(kept.samples.iter().all(|sample| sample.lateness() <= MS * 100));
}

#[test]
fn an_arrival_that_no_connection_can_take_is_dropped() {
    let server = Server::start(|_| Reply::Silence);
    let options = Options {
        max_connections: 3,
        timeout: MS * 400,
        ..Options::default()
    };
    let (outcome, kept) = run(arrivals(30, MS, "GET"), &server.target(), options);
    assert_eq!((outcome.started, outcome.failed, outcome.dropped), (3, 3, 27));
    assert_eq!(kept.dropped[0].sequence, 3);
}

#[test]
fn arrivals_during_the_warm_up_are_flagged() {
    let server = Server::start(|_| OK.into());
    let plan = LoadPlan {
        warm_up: MS * 10,
        ..arrivals(20, MS, "GET")
    };
    let (_, kept) = run(plan, &server.target(), Options::default());
    assert_eq!(kept.samples.iter().filter(|sample| sample.warm_up).count(), 10);
}

#[test]
fn connections_are_used_again() {
    let server = Server::start(|_| OK.into());
    let (outcome, _) = run(arrivals(40, MS * 5, "GET"), &server.target(), Options::default());
    assert_eq!(outcome.completed, 40);
    assert!(
        server.connections() < 20,
        "{} connections for 40 requests",
        server.connections()
    );
}
