//! What is counted, and how a load ends.

use std::time::Instant;

use loadgen::{Ending, Failure};

use super::*;
use crate::server::{OK, Reply, Server};

#[test]
fn every_request_arrives_once_as_planned() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let server = Server::start({
        let seen = std::sync::Arc::clone(&seen);
        move |request| {
            let number: u64 = request
                .header("x-number")
                .expect("sent")
                .parse()
                .expect("a number");
            assert!(
                request
                    .head
                    .starts_with(&format!("GET /item/{number}?q=1 HTTP/1.1\r\n")),
                "{}",
                request.head
            );
            assert!(
                request
                    .header("user-agent")
                    .expect("sent")
                    .starts_with("faultmart-load/")
            );
            assert!(request.header("host").is_some());
            seen.lock().expect("not poisoned").push(number);
            OK.into()
        }
    });
    let (outcome, kept) = run(arrivals(50, MS, "GET"), &server.target(), Options::default());
    assert_eq!((outcome.planned, outcome.completed, outcome.failed), (50, 50, 0));
    let mut seen = seen.lock().expect("not poisoned").clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..50).collect::<Vec<u64>>());
    assert_eq!(kept.samples.len(), 50);
    for sample in &kept.samples {
        assert!(
            sample.due <= sample.sent && sample.sent <= sample.done,
            "{sample:?}"
        );
        assert_eq!(sample.due, MS * sample.sequence as u32);
    }
}

#[test]
fn failures_are_told_apart() {
    let server = Server::start(|request| {
        match request
            .header("x-number")
            .map_or(0, |number| number.parse().unwrap_or(0))
        {
            0 => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".into(),
            1 => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
            2 => Reply::Last("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_owned()),
            3 => Reply::Last("220 mail.example ESMTP\r\n".to_owned()),
            4 => Reply::Silence,
            5 => Reply::Last(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok".to_owned(),
            ),
            _ => OK.into(),
        }
    });
    let options = Options {
        timeout: MS * 300,
        ..Options::default()
    };
    let (outcome, mut kept) = run(arrivals(7, MS * 30, "GET"), &server.target(), options);
    kept.samples.sort_by_key(|sample| sample.sequence);
    let endings: Vec<Ending> = kept.samples.iter().map(|sample| sample.ending).collect();
    let expected = [
        Ending::Failed(Failure::Status(503)),
        Ending::Failed(Failure::Status(404)),
        Ending::Failed(Failure::Reset),
        Ending::Failed(Failure::Protocol),
        Ending::Failed(Failure::Timeout),
        Ending::Failed(Failure::Protocol),
        Ending::Completed(200),
    ];
    assert_eq!(endings, expected);
    assert_eq!((outcome.completed, outcome.failed), (1, 6));
    let waited = kept.samples[4].latency_from_send();
    assert!(waited >= MS * 300 && waited < MS * 3_000, "{waited:?}");
}

#[test]
fn a_target_that_is_not_there_fails_each_request() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let target =
        Target::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("a target");
    drop(listener);
    let (outcome, _) = run(arrivals(5, MS, "GET"), &target, Options::default());
    assert_eq!(outcome.failures, [(Failure::Connect, 5)].into());
}

#[test]
fn a_host_that_has_no_address_is_an_error() {
    let target = Target::parse("http://shop.invalid").expect("a target");
    let plan = arrivals(1, MS, "GET");
    let error = loadgen::run(
        plan,
        &target,
        Options::default(),
        (),
        &Stop::new(),
        &Progress::new(),
    );
    assert!(
        error
            .expect_err("nobody has that name")
            .to_string()
            .contains("shop.invalid")
    );
}

#[test]
fn a_stop_lets_nothing_more_start_and_breaks_off_what_does_not_end() {
    let server = Server::start(|request| {
        if request.number == 0 {
            OK.into()
        } else {
            Reply::Silence
        }
    });
    let stop = Stop::new();
    let progress = Progress::new();
    let options = Options {
        grace: MS * 100,
        ..Options::default()
    };
    let (target, plan) = (server.target(), arrivals(1_000, MS * 50, "GET"));
    let (outcome, kept, stopped_for) = std::thread::scope(|scope| {
        let load = scope.spawn(|| loadgen::run(plan, &target, options, Kept::default(), &stop, &progress));
        while server.arrived.recv().expect("requests arrive") < 2 {}
        stop.stop();
        let stopped = Instant::now();
        let (outcome, kept) = load.join().expect("no panic").expect("it runs");
        (outcome, kept, stopped.elapsed())
    });
    assert_equations(&outcome);
    assert_eq!((outcome.planned, outcome.completed), (1_000, 1));
    assert!(outcome.aborted >= 2 && outcome.not_reached > 900, "{outcome:?}");
    assert!(!outcome.plan_cut_short);
    assert!(stopped_for < MS * 2_000, "{stopped_for:?}");
    let aborted = kept
        .samples
        .iter()
        .filter(|sample| sample.ending == Ending::Aborted)
        .count();
    assert_eq!(aborted as u64, outcome.aborted);
}

#[test]
fn a_stop_lets_end_what_ends_within_the_grace() {
    let server = Server::start(|_| {
        std::thread::sleep(MS * 60);
        OK.into()
    });
    let stop = Stop::new();
    let (target, plan) = (server.target(), arrivals(1_000, MS * 20, "GET"));
    let options = Options {
        grace: MS * 5_000,
        ..Options::default()
    };
    let (outcome, ()) = std::thread::scope(|scope| {
        let progress = Progress::new();
        let stop = &stop;
        let load = scope.spawn(move || loadgen::run(plan, &target, options, (), stop, &progress));
        while server.arrived.recv().expect("requests arrive") < 2 {}
        stop.stop();
        load.join().expect("no panic").expect("it runs")
    });
    assert_equations(&outcome);
    assert_eq!((outcome.aborted, outcome.failed), (0, 0));
    assert!(outcome.completed >= 3, "{outcome:?}");
}

#[test]
fn progress_ends_with_the_final_counts() {
    let server = Server::start(|_| OK.into());
    let progress = Progress::new();
    let plan = arrivals(20, MS, "GET");
    let (outcome, ()) = loadgen::run(
        plan,
        &server.target(),
        Options::default(),
        (),
        &Stop::new(),
        &progress,
    )
    .expect("it runs");
    let snapshot = progress.snapshot();
    assert_eq!(
        (snapshot.started, snapshot.completed, snapshot.in_flight),
        (20, 20, 0)
    );
    assert!(snapshot.p95 > Duration::ZERO && snapshot.elapsed >= outcome.duration);
}

#[test]
fn a_panic_of_the_observer_is_an_error_and_no_hang() {
    struct Panics;
    impl Observer for Panics {
        fn finished(&mut self, _sample: &Sample) {
            panic!("this panic is part of the test");
        }
    }
    let server = Server::start(|_| OK.into());
    let plan = arrivals(3, MS, "GET");
    let ran = loadgen::run(
        plan,
        &server.target(),
        Options::default(),
        Panics,
        &Stop::new(),
        &Progress::new(),
    );
    assert!(ran.is_err());
}
