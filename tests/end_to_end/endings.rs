//! However a run ends, nothing is left behind: no process, no port, no temporary file.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Place, finish, processes_of, start, until, wait};

const LONG: &str = "\
title: Longer than anyone waits
shop: { users: 50, products: 60, orders: 100 }
load:
  - { mix: { browse: 3, order-history: 2, checkout: 1 }, rate: 40/s, for: 10m }
";

/// Starts a long run and waits until its shop has answered some requests.
fn long_run(place: &Place) -> std::process::Child {
    let scenario = place.scenario(LONG);
    let temporary = place.path().join("tmp");
    std::fs::create_dir_all(&temporary).expect("a folder");
    let mut command = place.faultmart(&["run", scenario, "--format", "json", "--out", "out"]);
    command.env("TMPDIR", &temporary);
    let mut child = start(command);
    until("spans are recorded", || {
        assert!(
            child.try_wait().expect("the child can be waited for").is_none(),
            "the run ended early"
        );
        let length =
            std::fs::metadata(place.path().join("out/traces.otlp.jsonl.zst")).map_or(0, |file| file.len());
        (length > 0).then_some(())
    });
    child
}

fn signal(child: &std::process::Child, name: &str) {
    let mut command = std::process::Command::new("kill");
    command.args([format!("-{name}"), child.id().to_string()]);
    assert!(finish(command).status.success());
}

fn kill_part(place: &Place, part: &str, name: &str) {
    let mut command = std::process::Command::new("pkill");
    command.args([
        &format!("-{name}"),
        "-f",
        &format!("serve {part} .*{}", place.path().display()),
    ]);
    finish(command);
}

#[test]
fn ctrl_c_reports_what_there_is_and_leaves_nothing() {
    let place = Place::new();
    let child = long_run(&place);
    let asked = Instant::now();
    signal(&child, "INT");
    let output = wait(child);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{errors}");
    // Two seconds is what is promised on an idle machine; tests share theirs.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let summary: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert_eq!(summary["run"]["interrupted"], true);
    assert_eq!(summary["run"]["exit_code"], 130);
    assert!(summary["load"]["not_reached"].as_u64() > Some(0), "{summary:#}");
    assert_eq!(summary["spans"]["unaccounted"], 0, "{summary:#}");
    assert_eq!(processes_of(place.path()), Vec::<String>::new());
    let left: Vec<_> = std::fs::read_dir(place.path().join("tmp"))
        .expect("the folder")
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_parent_that_is_killed_takes_every_part_with_it() {
    let place = Place::new();
    let mut child = long_run(&place);
    assert!(processes_of(place.path()).len() > 5);
    child.kill().expect("the parent can be killed");
    child.wait().expect("the parent can be waited for");
    until("every part is gone", || {
        processes_of(place.path()).is_empty().then_some(())
    });
}

#[test]
fn a_part_that_dies_is_noticed_and_named() {
    let place = Place::new();
    let child = long_run(&place);
    kill_part(&place, "catalog", "KILL");
    let output = wait(child);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("catalog ended with signal 9"), "{errors}");
    assert_eq!(processes_of(place.path()), Vec::<String>::new());
    // What was lost with it is accounted for.
    let summary: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert_eq!(summary["spans"]["unaccounted"], 0, "{summary:#}");
}

#[test]
fn up_says_where_it_is_and_stops_cleanly() {
    let place = Place::new();
    let scenario = place.scenario(LONG);
    let mut command = place.faultmart(&["up", scenario, "--format", "json", "--port-base", "0"]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().expect("stdout is captured"));
    std::io::BufRead::read_line(&mut reader, &mut line).expect("a line");
    let addresses: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let gateway = addresses["gateway"].as_str().expect("the gateway's address");
    let client = reqwest::blocking::Client::new();
    let answer = client
        .get(format!("{gateway}/api/products/1"))
        .header("baggage", "fault.n-plus-one-sql=catalog.product")
        .send()
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let refused = client
        .get(format!("{gateway}/api/products/1"))
        .header("baggage", "fault.n-plus-one-sql=catalog.produkt")
        .send()
        .expect("an answer");
    assert_eq!(refused.status(), 400);
    assert!(refused.text().expect("a body").contains("catalog.product"));
    signal(&child, "INT");
    let status = until("it stops", || {
        child.try_wait().expect("the child can be waited for")
    });
    assert_eq!(status.code(), Some(130));
    assert_eq!(processes_of(place.path()), Vec::<String>::new());
}

#[test]
fn a_service_that_is_made_to_crash_by_hand_is_started_again() {
    let place = Place::new();
    let scenario = place.scenario(LONG);
    let mut command = place.faultmart(&["up", scenario, "--format", "json", "--port-base", "0"]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().expect("stdout is captured"));
    std::io::BufRead::read_line(&mut reader, &mut line).expect("a line");
    let addresses: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let url = format!("{}/api/products/1", text(&addresses["gateway"]));
    let client = reqwest::blocking::Client::new();
    let status = || client.get(&url).send().expect("an answer").status().as_u16();
    assert_eq!(status(), 200);
    let control = format!("{}/control/faults", text(&addresses["control"]["catalog"]));
    let set = |token: &str| {
        let body = r#"{"faults":[{"fault":"crash","at":"catalog"}]}"#;
        let answer = client.put(&control).bearer_auth(token).body(body).send();
        answer.expect("an answer").status().as_u16()
    };
    assert_eq!(set("wrong"), 401);
    assert_eq!(set(&text(&addresses["control_token"])), 204);
    assert!(status() >= 500, "the first request ends the process");
    until("it is there again", || (status() == 200).then_some(()));
    signal(&child, "INT");
    let ended = until("it stops", || {
        child.try_wait().expect("the child can be waited for")
    });
    assert_eq!(ended.code(), Some(130));
    assert_eq!(processes_of(place.path()), Vec::<String>::new());
}
