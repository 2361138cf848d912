//! What is told of a shop that is left running.

use std::sync::atomic::Ordering;

use faults::catalogue::FAULTS;
use faults::routes::{self, Route};
use serde_json::{Value, json};

use super::Drive;
use crate::Failure;
use crate::parts::DatabaseChoice;
use crate::windows::refused;

impl Drive {
    /// What goes on now. Who only looks on is not told what is set when that is hidden, nor which scenario is played, whose name may
    /// say it.
    pub async fn state(&self, drives: bool) -> Value {
        let hidden = self.hidden.load(Ordering::Relaxed);
        let told = drives || !hidden;
        let running = self.running();
        let load = running.map(|running| {
            let (sent, failed) = running.counts();
            json!({
                "scenario": told.then_some(&running.scenario.name),
                "title": told.then_some(&running.scenario.title),
                "with_faults": told.then_some(!running.scenario.faults.is_empty()),
                "since_unix_ms": running.since_unix_ms,
                "round": running.number(),
                "round_ms": super::milliseconds(running.round),
                "due_per_second": running.snapshot().due_per_second,
                "sent": sent,
                "failed": failed,
                "trouble": running.trouble(),
            })
        });
        let (stretches, strikes) = if told {
            (self.faults.stretches().await, self.load.strikes())
        } else {
            (Vec::new(), Vec::new())
        };
        let set: Vec<Value> = stretches
            .iter()
            .filter(|it| it.until_unix_ms.is_none())
            .map(|it| {
                json!({
                    "fault": it.fault.fault,
                    "at": it.fault.at,
                    "parameters": it.fault.parameters,
                    "since_unix_ms": it.from_unix_ms,
                    "struck": self.faults.times(&it.fault),
                })
            })
            .collect();
        json!({
            "drives": drives,
            "hidden": hidden,
            "load": load,
            "faults": told.then_some(set),
            "set": told.then_some(stretches),
            "strikes": told.then_some(strikes),
        })
    }

    /// What can be played and set, which does not change while the shop runs.
    pub fn catalogue(&self) -> Value {
        let faults: Vec<Value> = FAULTS
            .iter()
            .map(|fault| {
                let mut described = fault.describe();
                let refusals = fault
                    .all_place_names()
                    .into_iter()
                    .map(|at| refused(fault.name, at, &self.database));
                // One place where it is real is enough.
                let refusals: Option<Vec<Failure>> = refusals.collect();
                let refusal = refusals.and_then(|all| all.into_iter().next());
                described["refused"] = json!(refusal.map(|failure| failure.message));
                let here = |places: Vec<&'static str>| -> Vec<&'static str> {
                    let is_real = |at: &&str| refused(fault.name, at, &self.database).is_none();
                    places.into_iter().filter(is_real).collect()
                };
                described["rides_at"] = json!(here(fault.place_names()));
                described["set_at"] = json!(here(fault.window_place_names()));
                described
            })
            .collect();
        let scenarios: Vec<Value> = self
            .scenarios
            .iter()
            .map(|it| {
                let faults: Vec<&str> = it.faults.iter().map(|rule| rule.fault.as_str()).collect();
                json!({
                    "name": it.name,
                    "title": it.title,
                    "faults": faults,
                    "refused": crate::windows::Windows::check(it, &self.database).err().map(|failure| failure.message),
                    "own_data": it.seed == self.shop.seed && it.shop == self.shop.shop,
                })
            })
            .collect();
        let journeys: Vec<Value> = routes::journeys()
            .filter_map(routes::of_journey)
            .map(|route| {
                json!({
                    "name": route.journey,
                    "method": route.method,
                    "template": route.template,
                    "places": reached(route),
                })
            })
            .collect();
        let shop = &self.shop;
        json!({
            "shop": {
                "scenario": shop.name,
                "seed": shop.seed,
                "users": shop.shop.users,
                "products": shop.shop.products,
                "orders": shop.shop.orders,
                "database": match self.database {
                    DatabaseChoice::Sqlite(_) => "sqlite",
                    DatabaseChoice::Postgres(_) => "postgresql",
                },
            },
            "faults": faults,
            "scenarios": scenarios,
            "journeys": journeys,
        })
    }
}

/// Every place where something that rides with a request on the route can strike.
fn reached(route: &Route) -> Vec<&'static str> {
    let mut places: Vec<&'static str> = FAULTS.iter().flat_map(|fault| fault.place_names()).collect();
    places.sort_unstable();
    places.dedup();
    places.retain(|place| route.reaches(place));
    places
}
