//! Every wrong input has its exit code and its message: `error: ` with what and where, then `help: ` with the way out.

use crate::support::{Place, finish};

/// Runs with these arguments and expects a refusal with this code that says all of this.
fn refused(place: &Place, arguments: &[&str], code: i32, says: &[&str]) {
    let output = finish(place.faultmart(arguments));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(errors.contains("error: "), "{arguments:?}: {errors}");
    for part in says {
        assert!(
            errors.contains(part),
            "{arguments:?} should say {part:?}: {errors}"
        );
    }
    assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    assert!(
        output.stdout.is_empty(),
        "{arguments:?}: nothing but results belongs on stdout"
    );
}

/// A scenario with one line wrong.
fn refused_scenario(text: &str, says: &[&str]) {
    let place = Place::new();
    let file = place.scenario(text);
    for arguments in [
        &["scenario", "check", file][..],
        &["run", file][..],
        &["plan", file][..],
    ] {
        refused(&place, arguments, 2, says);
    }
}

#[test]
fn a_scenario_that_is_not_there() {
    let place = Place::new();
    refused(
        &place,
        &["run", "lock-contension"],
        2,
        &["lock-contension", "lock-contention"],
    );
    refused(&place, &["run", "nowhere/mine.yaml"], 2, &["nowhere/mine.yaml"]);
}

#[test]
fn an_unknown_fault_place_journey_parameter_and_unit() {
    let load = "title: t\nload:\n  - { journey: search, rate: 10/s, for: 1s }\n";
    refused_scenario(
        &format!("{load}faults:\n  - {{ fault: slow-qeury, at: catalog.search }}\n"),
        &["slow-qeury", "slow-query", ":5:"],
    );
    refused_scenario(
        &format!("{load}faults:\n  - {{ fault: slow-query, at: catalog.serch }}\n"),
        &["catalog.serch", "catalog.search"],
    );
    refused_scenario(
        &format!("{load}faults:\n  - {{ fault: network-latency, at: gateway->catalog, dely: 5ms }}\n"),
        &["dely", "delay"],
    );
    refused_scenario(
        &format!("{load}faults:\n  - {{ fault: network-latency, at: gateway->catalog, delay: 5 }}\n"),
        &["5"],
    );
    refused_scenario(
        "title: t\nload:\n  - { journey: serch, rate: 10/s, for: 1s }\n",
        &["serch", "search"],
    );
    refused_scenario(
        "title: t\nload:\n  - { journey: search, rate: 10, for: 1s }\n",
        &["10"],
    );
    refused_scenario("title: t\nloads: []\n", &["loads", "load"]);
}

#[test]
fn a_file_that_is_empty_or_huge_or_a_bomb() {
    refused_scenario("", &[]);
    let place = Place::new();
    let file = place.scenario(&format!("title: \"{}\"\n", "x".repeat(2 << 20)));
    refused(&place, &["run", file], 2, &["1 MiB"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let previous = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [previous.as_str(); 10].join(", ")
        ));
    }
    refused_scenario(&bomb, &[]);
}

#[test]
fn a_run_folder_that_cannot_be_written() {
    let place = Place::new();
    std::fs::write(place.path().join("file"), "in the way").expect("a small file");
    refused(
        &place,
        &["run", "healthy", "--out", "file/out"],
        3,
        &["file/out", "--out"],
    );
}

#[test]
fn a_port_in_use() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    refused(&place, &["up", "--port-base", &port], 3, &[&port, "--port-base"]);
}

#[test]
fn a_database_that_is_not_there() {
    let place = Place::new();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    let url = format!("postgres://nobody@127.0.0.1:{port}/nothing");
    refused(&place, &["run", "healthy", "--database", &url], 3, &["database"]);
    refused(
        &place,
        &["run", "healthy", "--database", "mysql://127.0.0.1/shop"],
        2,
        &["postgres://"],
    );
}

#[test]
fn an_unknown_trace() {
    let place = Place::new();
    refused(&place, &["trace", "xyz", "--in", "."], 2, &["xyz"]);
    refused(&place, &["trace", &"0".repeat(31)], 2, &[]);
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    refused(&place, &["trace", id, "--in", "nowhere"], 2, &["nowhere"]);
}

#[test]
fn an_unknown_fault_or_option_on_the_command_line() {
    let place = Place::new();
    refused(&place, &["fault", "show", "slow-qeury"], 2, &["slow-query"]);
    refused(&place, &["run", "--sed", "4"], 2, &["--seed"]);
    refused(&place, &["plan", "healthy", "--shard", "3/2"], 2, &["3/2"]);
}
