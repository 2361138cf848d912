//! Sends as many requests as go, or so many a second, to see what the generator itself costs.
//!
//! `cargo run --release -p loadgen --example hammer -- URL [OTLP_URL|-] [SECONDS] [CONNECTIONS] [RATE]`
//!
//! Without a rate, users of the closed model (one a connection) send without a thought; with one, requests are evenly
//! spaced in the open model. Each request is recorded, has a `traceparent`, and its root span is exported if an OTLP
//! endpoint is given. Prints one JSON document, in which `per_cpu_second` is requests per second of processor time spent by
//! this process, user and system.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use loadgen::{
    Arrival, CohortName, ExporterOptions, Journey, Latency, LoadPlan, Options, Progress, Recorder, Request,
    Steps, Stop, Target, User,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = Target::parse(
        &arguments
            .next()
            .ok_or("usage: hammer URL [OTLP_URL|-] [SECONDS] [CONNECTIONS] [RATE]")?,
    )?;
    let endpoint = arguments.next().filter(|endpoint| endpoint != "-");
    let duration = Duration::from_secs(number(arguments.next(), 5)?);
    let connections = number(arguments.next(), 32)?;
    let rate = number(arguments.next(), 0)?;

    let journeys = vec![Journey {
        name: "hammer".to_owned(),
        route: Some("/".to_owned()),
    }];
    let plan = if rate > 0 {
        let count = rate * duration.as_secs();
        let arrival = move |number| Arrival {
            at: Duration::from_nanos(number * 1_000_000_000 / rate),
            request: request(number),
        };
        LoadPlan::open(journeys, (0..count).map(arrival))
    } else {
        let user = |first| User {
            from: Duration::ZERO,
            until: duration,
            steps: Box::new(Hammer {
                next: first,
                step: connections,
            }),
        };
        LoadPlan::closed(journeys, (0..connections).map(user).collect())
    };
    let exporter = match endpoint {
        Some(endpoint) => Some(ExporterOptions::new(Target::parse(&endpoint)?, "hammer")),
        None => None,
    };
    let options = Options {
        exporter,
        ..Options::default()
    };
    let recorder = Recorder::new(["hammer".to_owned()], 0);
    let before = processor_seconds()?;
    let (outcome, recorder) = loadgen::run(plan, &target, options, recorder, &Stop::new(), &Progress::new())?;
    let spent = processor_seconds()? - before;
    let microseconds = |kind, percentile| {
        let value = recorder.percentile("hammer", CohortName::All, kind, percentile);
        value.unwrap_or_default().as_micros() as u64
    };
    let report = serde_json::json!({
        "completed": outcome.completed,
        "failed": outcome.failed,
        "dropped": outcome.dropped,
        "retried": outcome.retried,
        "seconds": outcome.duration.as_secs_f64(),
        "processor_seconds": spent,
        "per_cpu_second": (outcome.completed as f64 / spent).round(),
        "latency_from_send_us": { "p50": microseconds(Latency::FromSend, 50.0), "p99": microseconds(Latency::FromSend, 99.0) },
        "lateness_us": { "p50": microseconds(Latency::Lateness, 50.0), "p99": microseconds(Latency::Lateness, 99.0) },
        "spans": outcome.spans,
    });
    println!("{report}");
    Ok(())
}

/// A user who never thinks.
struct Hammer {
    next: u64,
    step: u64,
}

impl Steps for Hammer {
    fn think(&mut self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn request(&mut self, _due: Duration) -> Option<Request> {
        let number = self.next;
        self.next += self.step;
        Some(request(number))
    }
}

fn request(number: u64) -> Request {
    let trace = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let span = trace as u64;
    let mut traceparent = String::with_capacity(55);
    // Writing into a string cannot fail.
    let _ = write!(traceparent, "00-{trace:032x}-{span:016x}-01");
    let mut request = Request::new(number, 0, "GET", "/").expect("the path is a constant");
    request
        .header("traceparent", &traceparent)
        .expect("it is hexadecimal");
    request.trace(trace.to_be_bytes(), span.to_be_bytes());
    request
}

fn number(argument: Option<String>, default: u64) -> Result<u64, Box<dyn Error>> {
    Ok(argument.map_or(Ok(default), |text| text.parse())?)
}

/// Processor time of this process so far, user and system, as the kernel counts it.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let mut total = 0;
    for entry in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(entry?.path().join("schedstat"))?;
        total += line
            .split_whitespace()
            .next()
            .ok_or("an empty schedstat")?
            .parse::<u64>()?;
    }
    Ok(total as f64 / 1e9)
}
