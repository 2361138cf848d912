//! What can go wrong around a run: the database, the disk, a part that crashes or hangs. Each ends with 3 and says what it was.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::relay::Relay;
use crate::support::{
    Place, Run, finish, part_of, postgres, processes_of, signal_process, spans_of, start, until, wait,
};

/// Enough checkouts to write a few megabytes, and more time than it takes.
const CHECKOUTS: &str = "\
title: Checkouts until something breaks
shop: { users: 50, products: 60, orders: 100 }
load:
  - { journey: checkout, rate: 60/s, for: 20s }
";

const LONG: &str = "\
title: Longer than anyone waits
shop: { users: 50, products: 60, orders: 100 }
load:
  - { mix: { browse: 3, order-history: 2, checkout: 1 }, rate: 40/s, for: 10m }
";

/// A shop that takes a while to load, so that there is a moment in which a part has started and is not ready.
const LARGE: &str = "\
title: A large shop
shop: { users: 2_000, products: 20_000, orders: 100_000 }
load:
  - { journey: browse, rate: 1/s, for: 1s }
";

/// No file may become larger than this in the command and whatever it starts.
fn limit_file_size(command: &mut Command, bytes: u64) {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: setrlimit is async-signal-safe, and nothing is allocated between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_FSIZE, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
}

/// It could not be carried out, for this reason, with a way out, and nothing is left running.
fn could_not_be_carried_out(place: &Place, run: &Run, says: &[&str]) {
    let errors = run.errors();
    assert_eq!(run.code(), Some(3), "{errors}");
    assert!(
        errors.contains("error: ") && errors.contains("\nhelp: "),
        "{errors}"
    );
    for part in says {
        assert!(errors.contains(part), "should say {part:?}: {errors}");
    }
    assert!(!errors.contains("panicked"), "{errors}");
    until("every part is gone", || {
        processes_of(place.path()).is_empty().then_some(())
    });
}

#[test]
fn a_database_that_becomes_full() {
    let place = Place::new();
    let scenario = place.scenario(CHECKOUTS);
    let mut command = place.faultmart(&["run", scenario, "--format", "json", "--out", "out"]);
    limit_file_size(&mut command, 3 << 20);
    let run = place.finish_run("out", command);
    could_not_be_carried_out(&place, &run, &["cannot use its database", "log.txt"]);
    // Who could not be served was told so in time, and all of it is accounted for.
    assert!(run.number("/load/failed") > 0.0, "{:#}", run.summary);
    assert!(run.number("/load/completed") > 0.0, "{:#}", run.summary);
    assert_eq!(run.summary["run"]["exit_code"], 3);
    run.assert_accounted();
}

#[test]
fn a_database_that_is_full_from_the_start() {
    let place = Place::new();
    let scenario = place.scenario(CHECKOUTS);
    let mut command = place.faultmart(&["run", scenario, "--out", "out"]);
    // Nothing in the cache, so that the data are made and not copied.
    command.env("FAULTMART_CACHE", place.path().join("cache"));
    // Room for an empty database, and none for the data.
    limit_file_size(&mut command, 48 << 10);
    let run = place.finish_run("out", command);
    could_not_be_carried_out(&place, &run, &["loading the data of"]);
}

#[test]
fn a_run_folder_that_becomes_full() {
    let place = Place::new();
    let out = place.path().join("out");
    std::fs::create_dir_all(&out).expect("a folder");
    for file in ["plan.jsonl.zst", "truth.jsonl"] {
        // A device on which every write fails as on a full disk.
        std::os::unix::fs::symlink("/dev/full", out.join(file)).expect("a link");
    }
    let text = "title: t\nshop: { users: 50, products: 60, orders: 100 }\nload:\n  - { journey: browse, rate: 20/s, for: 1s }\n";
    let run = place.run(text, &[]);
    could_not_be_carried_out(&place, &run, &["plan.jsonl.zst", "No space left", "--out"]);
    // The result is told all the same.
    assert_eq!(run.summary["run"]["exit_code"], 3, "{:#}", run.summary);
    assert_eq!(run.number("/load/failed"), 0.0);
    run.assert_accounted();
}

#[test]
fn a_trace_file_that_becomes_full() {
    let place = Place::new();
    let out = place.path().join("out");
    std::fs::create_dir_all(&out).expect("a folder");
    std::os::unix::fs::symlink("/dev/full", out.join("traces.otlp.jsonl.zst")).expect("a link");
    let text = "title: t\nshop: { users: 50, products: 60, orders: 100 }\nload:\n  - { journey: browse, rate: 20/s, for: 1s }\n";
    let run = place.run(text, &[]);
    could_not_be_carried_out(&place, &run, &["the record lacks", "No space left", "--out"]);
    run.assert_accounted();
}

/// Starts a run and does that to a part as soon as its process is there.
fn meet_at_start(place: &Place, part: &str, signal: &str) -> Run {
    let scenario = place.scenario(LARGE);
    let mut command = place.faultmart(&["run", scenario, "--out", "out", "--ready-within", "8s"]);
    // Nothing in the cache: loading takes its time.
    command.env("FAULTMART_CACHE", place.path().join("cache"));
    let child = start(command);
    let process = until("the part has been started", || part_of(place.path(), part));
    signal_process(process, signal);
    Run::new(wait(child), place.path().join("out"))
}

#[test]
fn a_part_that_hangs_at_its_start() {
    let place = Place::new();
    let run = meet_at_start(&place, "orders", "STOP");
    could_not_be_carried_out(&place, &run, &["orders", "not ready within 8s", "--ready-within"]);
}

#[test]
fn a_service_that_crashes_at_its_start() {
    let place = Place::new();
    let run = meet_at_start(&place, "orders", "KILL");
    could_not_be_carried_out(&place, &run, &["orders ended with signal 9", "log.txt"]);
}

#[test]
fn a_database_server_that_refuses() {
    let Some(url) = postgres() else { return };
    let place = Place::new();
    let (server, _) = url.rsplit_once('/').expect("a database's name");
    let none = format!("{server}/no_such_database");
    let run = place.run(LONG, &["--database", &none]);
    could_not_be_carried_out(
        &place,
        &run,
        &["cannot use the PostgreSQL database at", "no_such_database"],
    );
    assert!(!run.folder.exists(), "nothing was begun");
}

#[test]
fn a_database_server_that_dies_in_the_middle_of_a_run() {
    let Some(url) = postgres() else { return };
    let place = Place::new();
    // What stands between the run and the server can be cut, and the server stays for others.
    let (relay, url) = Relay::before(&format!("{url}?schema_prefix=dies"));
    let scenario = place.scenario(LONG);
    let child = start(place.faultmart(&[
        "run",
        scenario,
        "--format",
        "json",
        "--out",
        "out",
        "--database",
        &url,
    ]));
    recorded(&place.path().join("out"));
    relay.cut();
    let run = Run::new(wait(child), place.path().join("out"));
    could_not_be_carried_out(&place, &run, &["the PostgreSQL server at 127.0.0.1", "is gone"]);
    assert!(run.number("/load/completed") > 0.0, "{:#}", run.summary);
    assert_eq!(run.summary["run"]["exit_code"], 3);
    run.assert_accounted();
}

#[test]
fn a_database_server_whose_disk_becomes_full() {
    let small = |name| std::env::var(name).ok();
    let (Some(url), Some(disk)) = (
        small("FAULTMART_TEST_POSTGRES_SMALL"),
        small("FAULTMART_TEST_SMALL_DISK"),
    ) else {
        eprintln!("skipped: FAULTMART_TEST_POSTGRES_SMALL is not set");
        return;
    };
    let place = Place::new();
    let scenario = place.scenario(CHECKOUTS);
    let arguments = [
        "run",
        scenario,
        "--format",
        "json",
        "--out",
        "out",
        "--database",
        &url,
    ];
    let child = start(place.faultmart(&arguments));
    recorded(&place.path().join("out"));
    let filler = Path::new(&disk).join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file on the small disk");
    let full = std::io::copy(&mut std::io::repeat(0), &mut file).expect_err("the disk has an end");
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let run = Run::new(wait(child), place.path().join("out"));
    std::fs::remove_file(&filler).expect("the disk is emptied");
    could_not_be_carried_out(&place, &run, &["cannot use its database", "log.txt"]);
    assert!(run.number("/load/failed") > 0.0, "{:#}", run.summary);
    assert!(run.number("/load/completed") > 0.0, "{:#}", run.summary);
    assert_eq!(run.summary["run"]["exit_code"], 3);
    run.assert_accounted();
    assert!(
        run.errors().contains("No space left on device"),
        "{}",
        run.errors()
    );
}

#[test]
fn two_runs_at_once_on_one_database_do_not_meet() {
    let Some(url) = postgres() else { return };
    let places = [Place::new(), Place::new()];
    let text = "title: t\nshop: { users: 50, products: 60, orders: 100 }\nload:\n  - { mix: { browse: 1, checkout: 1 }, rate: 20/s, for: 4s }\nexpect:\n  - share(errors) < 1%\n";
    let children = places.each_ref().map(|place| {
        let scenario = place.scenario(text);
        start(place.faultmart(&[
            "run",
            scenario,
            "--format",
            "json",
            "--out",
            "out",
            "--database",
            &url,
        ]))
    });
    let mut schemas = Vec::new();
    for (child, place) in children.into_iter().zip(&places) {
        let run = Run::new(wait(child), place.path().join("out"));
        assert_eq!(run.code(), Some(0), "{}", run.errors());
        run.assert_accounted();
        let batches = run.lines("traces.otlp.jsonl.zst");
        let text: String = batches.iter().map(ToString::to_string).collect();
        let mut names = text
            .split("|faultmart")
            .skip(1)
            .filter_map(|after| after.split('"').next());
        let schema = names.find(|name| name.ends_with("_orders"));
        schemas.push(schema.expect("the schema of orders").to_owned());
    }
    assert_ne!(schemas[0], schemas[1]);
}

#[test]
fn schemas_that_were_asked_for_are_refused_while_another_run_has_them() {
    let Some(url) = postgres() else { return };
    let url = format!("{url}?schema_prefix=asked");
    let (first, second) = (Place::new(), Place::new());
    let child = start(first.faultmart(&["run", first.scenario(LONG), "--out", "out", "--database", &url]));
    recorded(&first.path().join("out"));
    let refused = second.run(LONG, &["--database", &url]);
    could_not_be_carried_out(
        &second,
        &refused,
        &["other runs use the schemas `asked_*`", "schema_prefix="],
    );
    signal_process(child.id(), "INT");
    let interrupted = wait(child);
    assert_eq!(interrupted.status.code(), Some(130));
    // Free again, at once.
    let short = "title: t\nload:\n  - { journey: browse, rate: 5/s, for: 1s }\n";
    let run = second.run(short, &["--database", &url]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());
}

#[test]
fn a_wall_clock_that_is_set_back_by_an_hour() {
    // Sets the clock of one process and its children; `cargo xtask test` installs it where it can.
    let Some(library) = std::fs::read_dir("/usr/lib")
        .expect("/usr/lib")
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists())
    else {
        eprintln!("skipped: libfaketime is not installed");
        return;
    };
    let place = Place::new();
    let clock = place.path().join("clock");
    std::fs::write(&clock, "+0").expect("a small file");
    let scenario = place.scenario("title: t\nshop: { users: 50, products: 60, orders: 100 }\nload:\n  - { mix: { browse: 2, order-history: 1, checkout: 1 }, rate: 30/s, for: 6s }\nfaults:\n  - { fault: n-plus-one-sql, at: orders.list-orders, share: 50% }\n");
    let mut command = place.faultmart(&["run", scenario, "--format", "json", "--out", "out"]);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let child = start(command);
    recorded(&place.path().join("out"));
    std::fs::write(&clock, "-3600").expect("a small file");
    let run = Run::new(wait(child), place.path().join("out"));
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    let batches = run.lines("traces.otlp.jsonl.zst");
    let nanoseconds =
        |span: &Value, name: &str| span[name].as_str().and_then(|text| text.parse::<u64>().ok());
    let mut starts = Vec::new();
    for span in batches.iter().flat_map(spans_of) {
        let start = nanoseconds(span, "startTimeUnixNano").expect("a start");
        let end = nanoseconds(span, "endTimeUnixNano").expect("an end");
        assert!(start <= end && end - start < 60_000_000_000, "{span:#}");
        starts.push(start);
    }
    let (first, last) = (starts.iter().min(), starts.iter().max());
    let apart = last.zip(first).map_or(0, |(last, first)| last - first);
    assert!(
        apart > 3_000_000_000_000,
        "the clock was set back in the middle: {apart}"
    );
}

/// Waits until the run has traces.
fn recorded(out: &Path) {
    until("spans are recorded", || {
        let length = std::fs::metadata(out.join("traces.otlp.jsonl.zst")).map_or(0, |file| file.len());
        (length > 0).then_some(())
    });
}

#[test]
fn a_prefix_that_cannot_be_part_of_a_name() {
    let place = Place::new();
    let url = "postgres://u@127.0.0.1:1/d?schema_prefix=a-b";
    let output = finish(place.faultmart(&["run", "healthy", "--database", url]));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("a-b") && errors.contains("help: "), "{errors}");
}
