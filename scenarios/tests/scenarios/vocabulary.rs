//! A small vocabulary, so that this crate is tested without the catalogue that is built on it.

use scenarios::vocabulary::{BadValue, DistractorWords, Vocabulary};
use scenarios::{Problems, model::Scenario, units};

pub struct Words;

impl Vocabulary for Words {
    fn journeys(&self) -> Vec<&'static str> {
        vec!["home", "search", "order-history", "checkout"]
    }

    fn services(&self) -> Vec<&'static str> {
        vec!["gateway", "orders"]
    }

    fn faults(&self) -> Vec<&'static str> {
        vec!["slow-query", "network-latency"]
    }

    fn places(&self, fault: &str) -> Vec<&'static str> {
        match fault {
            "slow-query" => vec!["catalog.search", "orders.list-orders"],
            "network-latency" => vec!["gateway->orders", "orders->database"],
            _ => Vec::new(),
        }
    }

    fn parameters(&self, fault: &str) -> Vec<&'static str> {
        if fault == "network-latency" {
            vec!["delay"]
        } else {
            Vec::new()
        }
    }

    fn parameter_summary(&self, _: &str, _: &str) -> String {
        "how long".to_owned()
    }

    fn check_parameter(&self, fault: &str, parameter: &str, value: &str) -> Result<(), BadValue> {
        units::duration(value).map(drop).map_err(|error| BadValue {
            message: format!("`{parameter}` of {fault} cannot be `{value}`"),
            help: error.help().to_owned(),
        })
    }

    fn reaches(&self, journey: &str, place: &str) -> bool {
        matches!(
            (journey, place),
            ("search", "catalog.search")
                | ("order-history", "orders.list-orders")
                | (_, "gateway->orders" | "orders->database")
        )
    }

    fn strikes_for_a_time(&self, _: &str, place: &str) -> bool {
        place == "orders->database"
    }

    fn distractors(&self) -> Vec<&'static str> {
        vec!["polling-client", "deploy"]
    }

    fn distractor(&self, name: &str) -> Option<DistractorWords> {
        let is_deploy = name == "deploy";
        Some(DistractorWords {
            fields: if is_deploy { &["at"] } else { &["until", "rate"] },
            places: if is_deploy { vec!["orders"] } else { Vec::new() },
            rate: (!is_deploy).then_some(10.0),
            factor: None,
        })
    }

    fn obstacle(&self, one: (&str, &str), other: (&str, &str)) -> Option<String> {
        let both = [one, other].map(|(_, place)| place);
        (both == ["orders.list-orders", "gateway->orders"]).then(|| "both replace the list".to_owned())
    }
}

pub fn parse(text: &str) -> Result<Scenario, Problems> {
    scenarios::parse("scenarios/x.yaml", text, &Words)
}
