//! Files of other tools in, files for other tools out, and what was lost on the way said on stderr.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::support::{Place, finish};

const ZIPKIN: &str = include_str!("../../trace/tests/samples/zipkin-v2.json");

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path().join("zipkin.json"), ZIPKIN).expect("a small file");
    place
}

#[test]
fn a_file_becomes_every_other_format_and_comes_back() {
    let place = place();
    for format in [
        "otlp-json",
        "otlp-jsonl",
        "otlp-protobuf",
        "jaeger",
        "zipkin",
        "chrome",
        "xray",
        "folded",
    ] {
        let to = ["export", "--to", format, "--in", "zipkin.json", "-o", "out"];
        let output = finish(place.faultmart(&to));
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{format}: {output:?}"
        );
        if format == "folded" {
            let text = fs::read_to_string(place.path().join("out")).expect("stacks");
            assert!(text.starts_with("gateway checkout "), "{text}");
            continue;
        }
        let back = finish(place.faultmart(&["export", "--to", "zipkin", "--in", "out"]));
        let spans: serde_json::Value = serde_json::from_slice(&back.stdout).expect("JSON");
        let names: Vec<_> = spans
            .as_array()
            .expect("a list")
            .iter()
            .map(|span| span["name"].as_str())
            .collect();
        assert_eq!(names.len(), 3, "{format}");
        assert!(names.contains(&Some("checkout")), "{format}: {names:?}");
    }
    assert!(!place.path().join("out.part").exists());
}

#[test]
fn what_a_target_cannot_say_is_counted_on_stderr() {
    let place = place();
    let lossless = finish(place.faultmart(&["export", "--to", "otlp-json", "--in", "zipkin.json"]));
    assert!(
        lossless.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&lossless.stderr)
    );
    let lossy = finish(place.faultmart(&["export", "--to", "jaeger", "--in", "zipkin.json"]));
    let errors = String::from_utf8_lossy(&lossy.stderr).into_owned();
    assert!(errors.contains("1 × links: attributes"), "{errors}");
}

#[test]
fn a_trace_of_a_file_is_drawn_and_standard_input_is_read() {
    let place = place();
    let id = "00000000000000005af7183fb1d4cf5f";
    let drawn = finish(place.faultmart(&["trace", id, "--in", "zipkin.json"]));
    let text = String::from_utf8_lossy(&drawn.stdout).into_owned();
    assert!(
        text.contains("gateway checkout") && text.contains("orders get /orders"),
        "{text}"
    );
    let mut command = place.faultmart(&["export", "--in", "-", "--to", "otlp-jsonl", "--trace", id]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(ZIPKIN.as_bytes())
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
}

#[test]
fn wrong_input_says_what_and_where_and_leaves_nothing_behind() {
    let place = place();
    fs::write(place.path().join("cut.json"), &ZIPKIN[..ZIPKIN.len() / 2]).expect("a small file");
    fs::write(place.path().join("notes.txt"), "not a trace").expect("a small file");
    let cut = &["export", "--to", "jaeger", "--in", "cut.json", "-o", "out"];
    refused(&place, cut, &["cut.json: read as zipkin: line ", "help: "]);
    let notes = &["export", "--to", "jaeger", "--in", "notes.txt"];
    refused(
        &place,
        notes,
        &["notes.txt is no trace format", "--from", "zipkin-v1"],
    );
    refused(
        &place,
        &["export", "--to", "jaeger", "--in", "nowhere"],
        &["nowhere", "help: "],
    );
    refused(
        &place,
        &["export", "--to", "jaeger"],
        &["no run below runs/", "--in"],
    );
    let unknown = &["export", "--to", "yaeger", "--in", "zipkin.json"];
    refused(&place, unknown, &["yaeger", "otlp-jsonl"]);
    refused(
        &place,
        &["export", "--to", "zipkin-v1", "--in", "zipkin.json"],
        &["zipkin-v1"],
    );
    let id = "00000000000000000000000000000001";
    let missing = &["export", "--to", "jaeger", "--in", "zipkin.json", "--trace", id];
    refused(
        &place,
        missing,
        &["no trace 00000000000000000000000000000001 in zipkin.json"],
    );
    refused(&place, &["trace", id, "--in", "zipkin.json"], &["no trace 0000"]);
    assert!(!place.path().join("out").exists() && !place.path().join("out.part").exists());
}

fn refused(place: &Place, arguments: &[&str], says: &[&str]) {
    let output = finish(place.faultmart(arguments));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    for part in says {
        assert!(
            errors.contains(part),
            "{arguments:?} should say {part:?}: {errors}"
        );
    }
    assert!(output.stdout.is_empty(), "{arguments:?}");
}
