//! One request with a fault that rides with it, and the same without.

use std::sync::atomic::Ordering;
use std::time::Duration;

use faults::baggage::ActiveFault;
use faults::plan::{Plan, PlannedRequest};
use faults::routes;
use loadgen::{Arrival, Ending, LoadPlan, Observer, Options, Progress, Sample, Stop};
use scenarios::model::{FaultRule, Model, Rate, Scenario, Spacing};
use serde::Serialize;

use super::{Drive, Refusal};
use crate::windows::refused;

/// Attempts from here on are those of single requests: the rounds of a load never come so far, so that no two traces have one id.
const FIRST_ATTEMPT: u64 = 1 << 40;
/// How many requests of a journey are drawn until one leads to the fault's place.
const DRAWN: u64 = 100;

/// What became of both.
#[derive(Debug, Serialize)]
pub struct Pair {
    journey: String,
    /// With the fault, if there was one.
    faulty: Option<Answered>,
    healthy: Answered,
}

/// How long the spans of both may take to come to the lab.
const COMING: Duration = Duration::from_secs(5);

/// What became of one.
#[derive(Debug, Serialize)]
pub struct Answered {
    trace_id: String,
    method: String,
    path: String,
    /// What rode with it.
    baggage: String,
    /// The answer's status; none when there was no answer.
    status: Option<u16>,
    /// Why there was none, or that its status says so.
    error: Option<String>,
    duration_ms: f64,
    /// How many spans have come to the lab.
    spans: usize,
}

impl Drive {
    /// Sends a request of that journey, and before it the same with those faults.
    pub async fn single(&self, journey: &str, faults: &[ActiveFault]) -> Result<Pair, Refusal> {
        let route = routes::of_journey(journey).ok_or_else(|| {
            format!(
                "no journey `{journey}`: {}",
                scenarios::words::suggest(journey, routes::journeys())
            )
        })?;
        for fault in faults {
            if let Some(failure) = refused(fault.fault, &fault.at, &self.database) {
                return Err(failure.message);
            }
            if !route.reaches(&fault.at) {
                return Err(format!(
                    "{journey} never reaches `{}`, so that {} could not strike; it reaches {}",
                    fault.at,
                    fault.fault,
                    scenarios::words::list(route.places())
                ));
            }
        }
        let first = self.singles.fetch_add(1, Ordering::Relaxed);
        let with = self.scenario_of(journey, faults);
        let (round, faulty) = draw(&with, first)?;
        let without = self.scenario_of(journey, &[]);
        // An order is placed once, however often it is sent.
        let round = if route.method == "GET" {
            round
        } else {
            round + DRAWN
        };
        let healthy = plan(&without, first, 1, round)?;
        let mut faulty = if faults.is_empty() {
            None
        } else {
            Some(self.send(&with, faulty).await?)
        };
        let mut healthy = self.send(&without, healthy).await?;
        for answered in faulty.iter_mut().chain([&mut healthy]) {
            answered.spans = self.control.arrived(self.page, &answered.trace_id, COMING).await;
        }
        Ok(Pair {
            journey: journey.to_owned(),
            faulty,
            healthy,
        })
    }

    /// A scenario of one request.
    fn scenario_of(&self, journey: &str, faults: &[ActiveFault]) -> Scenario {
        let rule = |fault: &ActiveFault| FaultRule {
            fault: fault.fault.to_owned(),
            at: fault.at.clone(),
            parameters: fault.parameters.clone(),
            share: 1.0,
            journey: None,
            user: None,
            from: Duration::ZERO,
            until: None,
        };
        Scenario {
            requests: Default::default(),
            load: vec![scenarios::model::Load {
                mix: vec![(journey.to_owned(), 1)],
                model: Model::Open {
                    rate: Rate::Constant(1_000.0),
                    spacing: Spacing::Even,
                },
                from: Duration::ZERO,
                duration: Duration::from_millis(1),
            }],
            faults: faults.iter().map(rule).collect(),
            ..self.shop.clone()
        }
    }

    async fn send(
        &self,
        scenario: &Scenario,
        (plan, planned): (Plan, PlannedRequest),
    ) -> Result<Answered, Refusal> {
        let load = LoadPlan::of(scenario, &plan).map_err(|error| error.to_string())?;
        let options = Options {
            exporter: Some(self.exporter()),
            ..Options::default()
        };
        let gateway = self.gateway.clone();
        let load = LoadPlan {
            // It is due when the generator is ready.
            arrivals: Box::new(load.arrivals.map(|it| Arrival {
                at: Duration::ZERO,
                ..it
            })),
            warm_up: Duration::ZERO,
            ..load
        };
        let sent = tokio::task::spawn_blocking(move || {
            loadgen::run(
                load,
                &gateway,
                options,
                Last(None),
                &Stop::new(),
                &Progress::new(),
            )
        });
        let sent = sent.await.map_err(|_| "the load generator gave up".to_owned())?;
        let (_, Last(sample)) = sent.map_err(|error| error.to_string())?;
        let sample = sample.ok_or("the request was not sent")?;
        let header = |name: &str| {
            let found = planned.request.headers.iter().find(|(it, _)| it == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let (status, error) = match sample.ending {
            Ending::Completed(status) => (Some(status), None),
            Ending::Failed(failure) => (failure.status(), Some(failure.to_string())),
            Ending::Aborted => (None, Some("aborted".to_owned())),
        };
        Ok(Answered {
            trace_id: planned
                .trace_id
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            method: planned.request.method.to_string(),
            baggage: header("baggage"),
            path: planned.request.path,
            status,
            error,
            duration_ms: sample.latency_from_send().as_secs_f64() * 1e3,
            spans: 0,
        })
    }
}

/// The first request that leads to its faults' places: not every one of a journey does.
fn draw(scenario: &Scenario, first: u64) -> Result<(u64, (Plan, PlannedRequest)), Refusal> {
    for round in first..first + DRAWN {
        let drawn = plan(scenario, first, 0, round)?;
        if drawn.1.faults.len() == scenario.faults.len() {
            return Ok((round, drawn));
        }
    }
    Err(format!(
        "none of {DRAWN} requests leads to where the fault strikes"
    ))
}

fn plan(scenario: &Scenario, first: u64, which: u64, round: u64) -> Result<(Plan, PlannedRequest), Refusal> {
    let attempt = FIRST_ATTEMPT + 2 * first + which;
    let plan = Plan::round(scenario, attempt, round).map_err(|error| error.to_string())?;
    let planned = plan.open().next().ok_or("a plan without a request")?;
    Ok((plan, planned))
}

/// Keeps what became of the last request.
struct Last(Option<Sample>);

impl Observer for Last {
    fn finished(&mut self, sample: &Sample) {
        self.0 = Some(*sample);
    }
}
