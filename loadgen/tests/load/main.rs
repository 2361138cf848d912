//! The generator against servers that behave and servers that do not.

mod closed_model;
mod counts;
mod open_model;
mod server;
mod spans;
mod unreliable;

use std::time::Duration;

use loadgen::{
    Arrival, Dropped, Journey, LoadPlan, Observer, Options, Outcome, Progress, Request, Sample, Stop, Target,
};

const MS: Duration = Duration::from_millis(1);

/// Keeps everything, which only a test may.
#[derive(Default)]
struct Kept {
    samples: Vec<Sample>,
    dropped: Vec<Dropped>,
}

impl Observer for Kept {
    fn finished(&mut self, sample: &Sample) {
        self.samples.push(*sample);
    }

    fn dropped(&mut self, dropped: &Dropped) {
        self.dropped.push(*dropped);
    }
}

fn journeys() -> Vec<Journey> {
    vec![Journey {
        name: "test".to_owned(),
        route: None,
    }]
}

/// So many requests, one every so often.
fn arrivals(count: u64, every: Duration, method: &'static str) -> LoadPlan {
    let arrival = move |number: u64| Arrival {
        at: every * number as u32,
        request: request(number, method),
    };
    LoadPlan::open(journeys(), (0..count).map(arrival))
}

fn request(number: u64, method: &str) -> Request {
    let mut request = Request::new(number, 0, method, format!("/item/{number}?q=1")).expect("valid");
    request.header("x-number", &number.to_string()).expect("valid");
    request.trace(u128::from(number + 1).to_be_bytes(), (number + 1).to_be_bytes());
    request
}

fn run(plan: LoadPlan, target: &Target, options: Options) -> (Outcome, Kept) {
    let (outcome, kept) = loadgen::run(
        plan,
        target,
        options,
        Kept::default(),
        &Stop::new(),
        &Progress::new(),
    )
    .expect("it runs");
    assert_equations(&outcome);
    (outcome, kept)
}

/// Those of the contract.
fn assert_equations(outcome: &Outcome) {
    assert_eq!(
        outcome.planned,
        outcome.started + outcome.dropped + outcome.not_reached,
        "{outcome:?}"
    );
    assert_eq!(
        outcome.started,
        outcome.completed + outcome.failed + outcome.aborted,
        "{outcome:?}"
    );
    assert_eq!(
        outcome.failed,
        outcome.failures.values().sum::<u64>(),
        "{outcome:?}"
    );
    assert_eq!(outcome.spans.started, outcome.spans.ended, "{outcome:?}");
    assert_eq!(
        outcome.spans.ended,
        outcome.spans.exported + outcome.spans.dropped,
        "{outcome:?}"
    );
}
