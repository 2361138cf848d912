//! The scenarios that come with the binary: valid, short, and each showing what it is there to show.

use std::time::Duration;

use faults::catalogue::{FAULTS, is_set_for_a_time};
use faults::plan::Plan;
use faults::vocabulary::Catalogue;
use scenarios::catalogue::{DEFAULT, Entry, SCENARIOS, TEMPLATE};
use scenarios::model::{FaultRule, Scenario};

fn read(entry: &Entry) -> Scenario {
    scenarios::parse(&entry.path(), entry.text, &Catalogue).unwrap_or_else(|problems| panic!("{problems}"))
}

fn named(name: &str) -> Scenario {
    read(scenarios::catalogue::find(name).unwrap_or_else(|| panic!("{name} is missing")))
}

fn plan(scenario: &Scenario) -> Plan {
    Plan::new(scenario, 0).unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

#[test]
fn every_scenario_is_valid_and_can_be_planned() {
    for entry in &SCENARIOS {
        let scenario = read(entry);
        assert_eq!(scenario.name, entry.name);
        assert!(plan(&scenario).open().count() > 50, "{}", entry.name);
        assert!(!scenario.expect.is_empty(), "{}", entry.name);
    }
}

#[test]
fn the_template_is_valid() {
    let scenario =
        scenarios::parse("new.yaml", TEMPLATE, &Catalogue).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!scenario.faults.is_empty());
}

#[test]
fn every_fault_has_a_scenario_of_at_most_ten_seconds() {
    for fault in FAULTS {
        let scenario = named(fault.scenario);
        assert!(
            plan(&scenario).duration() <= Duration::from_secs(10),
            "{}",
            fault.name
        );
        assert!(
            scenario.faults.iter().all(|rule| rule.fault == fault.name),
            "{}",
            fault.name
        );
    }
}

#[test]
fn the_default_shows_four_faults_in_sixteen_seconds_one_after_another() {
    let scenario = named(DEFAULT);
    assert!(plan(&scenario).duration() <= Duration::from_secs(16));
    let shown: Vec<&str> = scenario.faults.iter().map(|rule| rule.fault.as_str()).collect();
    assert_eq!(
        shown,
        [
            "slow-query",
            "n-plus-one-sql",
            "lock-contention",
            "network-latency"
        ]
    );
    let end = |rule: &FaultRule| rule.until.expect("each ends");
    assert!(
        scenario
            .faults
            .windows(2)
            .all(|pair| end(&pair[0]) < pair[1].from),
        "with a quiet stretch between"
    );
    assert!(scenario.faults[0].from > scenario.warm_up);
}

#[test]
fn every_fault_has_enough_affected_and_enough_healthy_requests_of_the_same_journey() {
    for (entry, seed) in SCENARIOS
        .iter()
        .flat_map(|entry| [42, 1, 2, 3, 4].map(|seed| (entry, seed)))
    {
        let mut scenario = read(entry);
        scenario.seed = seed;
        let requests: Vec<_> = plan(&scenario)
            .open()
            .filter(|request| request.at >= scenario.warm_up)
            .collect();
        for rule in scenario
            .faults
            .iter()
            .filter(|rule| !is_set_for_a_time(&rule.fault, &rule.at))
        {
            let picked = |request: &&faults::plan::PlannedRequest| {
                request
                    .faults
                    .iter()
                    .any(|fault| fault.fault == rule.fault && fault.at == rule.at)
            };
            let affected: Vec<_> = requests.iter().filter(picked).collect();
            assert!(
                affected.len() >= 6,
                "{}: {} affected by {}",
                entry.name,
                affected.len(),
                rule.fault
            );
            let journey = &affected[0].journey;
            let before = requests
                .iter()
                .filter(|request| {
                    request.journey == *journey && request.at < rule.from && request.faults.is_empty()
                })
                .count();
            assert!(
                before >= 6,
                "{}: {before} quiet before {}",
                entry.name,
                rule.fault
            );
        }
    }
}

#[test]
fn the_scenarios_without_a_fault_have_none() {
    for name in ["healthy", "everyday"] {
        assert!(named(name).faults.is_empty());
    }
}
