//! From the plan of a scenario to what the generator sends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faults::plan::{ClosedStep, ClosedUser, Plan, PlannedRequest};
use faults::{distractors, routes};
use scenarios::model::Scenario;

use crate::{Arrival, InvalidRequest, Journey, LoadPlan, Request, Steps, User};

/// Journeys' indices by their names.
type Index = Arc<HashMap<String, usize>>;

impl LoadPlan {
    /// The load of a scenario. `plan` is the scenario's own.
    ///
    /// # Errors
    /// When one of the scenario's own requests cannot be sent.
    pub fn of(scenario: &Scenario, plan: &Plan) -> Result<Self, InvalidRequest> {
        for request in scenario.requests.values() {
            let mut checked = Request::new(0, 0, request.method.as_str(), request.path.as_str())?;
            for (name, value) in &request.headers {
                checked.header(name, value)?;
            }
        }
        let journeys = journeys(scenario);
        let indices = journeys
            .iter()
            .enumerate()
            .map(|(index, journey)| (journey.name.clone(), index));
        let index: Index = Arc::new(indices.collect());
        let users = plan.closed().map(|user| planned_user(user, &index)).collect();
        let arrivals = plan.open().map(move |planned| Arrival {
            at: planned.at,
            request: request(&planned, &index),
        });
        Ok(Self {
            journeys,
            warm_up: scenario.warm_up,
            arrivals: Box::new(arrivals),
            users,
        })
    }
}

/// The journeys of all loads, each once, in the scenario's order.
fn journeys(scenario: &Scenario) -> Vec<Journey> {
    let mut journeys: Vec<Journey> = Vec::new();
    for (name, _) in scenario.load.iter().flat_map(|load| &load.mix) {
        if journeys.iter().all(|journey| journey.name != *name) {
            let of_the_shop = scenario.requests.is_empty();
            let route = routes::of_journey(name)
                .or_else(|| distractors::route(name))
                .filter(|_| of_the_shop);
            journeys.push(Journey {
                name: name.clone(),
                route: route.map(|route| route.template.to_owned()),
            });
        }
    }
    journeys
}

fn request(planned: &PlannedRequest, index: &Index) -> Request {
    let build = || {
        let from = &planned.request;
        let mut request = Request::new(
            planned.sequence,
            index[&*planned.journey],
            &*from.method,
            &*from.path,
        )?;
        for (name, value) in &from.headers {
            request.header(name, value)?;
        }
        Ok::<_, InvalidRequest>(request)
    };
    let mut request = build().expect("the scenario's own requests were checked, and the shop's are ours");
    if let Some(body) = &planned.request.body {
        request.body(body.as_bytes());
    }
    request.trace(planned.trace_id, planned.root_span_id);
    request.picked = !planned.faults.is_empty();
    request
}

fn planned_user(user: ClosedUser, index: &Index) -> User {
    let (from, until) = (user.from(), user.until());
    let steps = PlannedSteps {
        user,
        next: None,
        index: Arc::clone(index),
    };
    User {
        from,
        until,
        steps: Box::new(steps),
    }
}

struct PlannedSteps {
    user: ClosedUser,
    next: Option<ClosedStep>,
    index: Index,
}

impl Steps for PlannedSteps {
    fn think(&mut self) -> Option<Duration> {
        self.next = self.user.next();
        self.next.as_ref().map(ClosedStep::think)
    }

    fn request(&mut self, due: Duration) -> Option<Request> {
        Some(request(&self.next.take()?.start(due), &self.index))
    }
}

#[cfg(test)]
mod tests {
    use scenarios::model::{CustomRequest, Load, Model, Rate, Shop, Spacing};

    use super::*;

    fn scenario(model: Model) -> Scenario {
        Scenario {
            name: "test".to_owned(),
            title: "Test".to_owned(),
            seed: 7,
            shop: Shop {
                users: 10,
                products: 10,
                orders: 10,
                distance: Duration::ZERO,
            },
            warm_up: Duration::from_secs(1),
            requests: Default::default(),
            load: vec![Load {
                mix: vec![("product".to_owned(), 1), ("checkout".to_owned(), 1)],
                model,
                from: Duration::ZERO,
                duration: Duration::from_secs(10),
            }],
            distractors: Vec::new(),
            faults: Vec::new(),
            expect: Vec::new(),
        }
    }

    fn open() -> Scenario {
        scenario(Model::Open {
            rate: Rate::Constant(20.0),
            spacing: Spacing::Even,
        })
    }

    fn load(scenario: &Scenario) -> Result<LoadPlan, InvalidRequest> {
        LoadPlan::of(scenario, &Plan::new(scenario, 0).expect("a plan"))
    }

    #[test]
    fn arrivals_are_the_plan_s_with_its_ids_and_journeys() {
        let scenario = open();
        let plan = Plan::new(&scenario, 0).expect("a plan");
        let load = load(&scenario).expect("valid");
        assert_eq!(load.warm_up, Duration::from_secs(1));
        assert_eq!(load.journeys[1].route.as_deref(), Some("/api/orders"));
        let mut count = 0;
        for (planned, arrival) in plan.open().zip(load.arrivals) {
            let request = arrival.request;
            assert_eq!((planned.sequence, planned.at), (request.sequence, arrival.at));
            assert_eq!(
                (planned.trace_id, planned.root_span_id),
                (request.trace_id, request.span_id)
            );
            assert_eq!(*planned.journey, *load.journeys[request.journey].name);
            assert_eq!(planned.request.path, request.path());
            count += 1;
        }
        assert_eq!(count, 200);
    }

    #[test]
    fn users_think_and_send_what_is_planned() {
        let think = Duration::from_millis(100)..=Duration::from_millis(200);
        let scenario = scenario(Model::Closed { users: 3, think });
        let mut load = load(&scenario).expect("valid");
        assert_eq!((load.users.len(), load.arrivals.count()), (3, 0));
        let user = &mut load.users[0];
        assert_eq!(user.until, Duration::from_secs(10));
        let _first = user.steps.think().expect("endless");
        let first = user
            .steps
            .request(Duration::from_secs(1))
            .expect("was thought of");
        let think = user.steps.think().expect("endless");
        assert!((100..=200).contains(&think.as_millis()), "{think:?}");
        let second = user
            .steps
            .request(Duration::from_secs(2))
            .expect("was thought of");
        assert_eq!(second.sequence, first.sequence + 1);
    }

    #[test]
    fn a_request_of_the_scenario_s_own_that_cannot_be_sent_is_refused() {
        let mut scenario = open();
        scenario.load[0].mix = vec![("own".to_owned(), 1)];
        let request = |path: &str| CustomRequest {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: vec![("accept".to_owned(), "text/html".to_owned())],
            body: None,
        };
        scenario.requests.insert("own".to_owned(), request("/a b"));
        assert_eq!(
            load(&scenario).expect_err("a blank"),
            InvalidRequest::Path("/a b".to_owned())
        );
        scenario.requests.insert("own".to_owned(), request("/a"));
        assert_eq!(load(&scenario).expect("valid").journeys[0].route, None);
    }
}
