use std::collections::BTreeMap;

use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::*;
use crate::Failure;

const MS: Duration = Duration::from_millis(1);

fn recorder(remember: usize) -> Recorder {
    Recorder::new(["browse".to_owned(), "check out, please".to_owned()], remember)
}

/// Due at 0, sent 1 ms late, answered after `latency` milliseconds from schedule.
fn sample(sequence: u64, latency: u32) -> Sample {
    Sample {
        sequence,
        journey: 0,
        user: None,
        trace_id: [1; 16],
        span_id: [1; 8],
        picked: false,
        warm_up: false,
        due: Duration::ZERO,
        sent: MS,
        done: MS * latency,
        ending: Ending::Completed(200),
    }
}

fn find(recorder: &Recorder, cohort: CohortName) -> Option<JourneyFigures> {
    let mut figures = recorder.journeys().into_iter();
    figures.find(|figures| figures.journey == "browse" && figures.cohort == cohort)
}

#[test]
fn the_three_times_are_kept_apart() {
    let mut recorder = recorder(0);
    recorder.finished(&sample(0, 10));
    let all = find(&recorder, CohortName::All).expect("always there");
    assert!((all.latency_from_schedule_ms.p50 - 10.0).abs() < 0.02, "{all:?}");
    assert!((all.latency_from_send_ms.p50 - 9.0).abs() < 0.02, "{all:?}");
    assert!((all.lateness_ms.max - 1.0).abs() < 0.02, "{all:?}");
}

#[test]
fn cohorts_add_up_to_all() {
    let mut recorder = recorder(0);
    recorder.finished(&sample(0, 10));
    recorder.finished(&Sample {
        picked: true,
        ending: Ending::Failed(Failure::Timeout),
        ..sample(1, 100)
    });
    recorder.dropped(&Dropped {
        sequence: 2,
        journey: 0,
        picked: true,
        warm_up: false,
        due: MS,
    });
    let counts =
        |cohort| find(&recorder, cohort).map(|figures| (figures.completed, figures.failed, figures.dropped));
    assert_eq!(counts(CohortName::All), Some((1, 1, 1)));
    assert_eq!(counts(CohortName::Healthy), Some((1, 0, 0)));
    assert_eq!(counts(CohortName::Affected), Some((0, 1, 1)));
    assert_eq!(counts(CohortName::Bystander), None);
    let p95 = recorder.percentile("browse", CohortName::Affected, Latency::FromSchedule, 95.0);
    assert!(p95.expect("one request").abs_diff(MS * 100) < MS, "{p95:?}");
    assert_eq!(
        recorder.percentile("nothing", CohortName::All, Latency::FromSchedule, 50.0),
        None
    );
}

#[test]
fn warm_up_and_aborted_requests_are_in_no_figure() {
    let mut recorder = recorder(10);
    recorder.finished(&Sample {
        warm_up: true,
        ..sample(0, 10)
    });
    recorder.finished(&Sample {
        ending: Ending::Aborted,
        ..sample(1, 10)
    });
    recorder.dropped(&Dropped {
        sequence: 2,
        journey: 0,
        picked: false,
        warm_up: true,
        due: MS,
    });
    let all = find(&recorder, CohortName::All).expect("always there");
    assert_eq!((all.completed, all.failed, all.dropped), (0, 0, 0));
    assert_eq!(all.latency_from_schedule_ms, Percentiles::default());
}

#[test]
fn bystanders_leave_the_healthy() {
    let mut recorder = recorder(100);
    for sequence in 0..10 {
        recorder.finished(&sample(sequence, 10));
    }
    recorder.finished(&sample(10, 500));
    recorder.finished(&Sample {
        ending: Ending::Failed(Failure::Status(503)),
        ..sample(11, 600)
    });
    recorder.finished(&Sample {
        picked: true,
        ..sample(12, 700)
    });
    let result = recorder.reclassify(HashSet::from([10, 11, 12, 99]));
    assert_eq!(
        result,
        Reclassified {
            moved: 2,
            not_found: 2,
            forgotten: 0
        }
    );
    let healthy = find(&recorder, CohortName::Healthy).expect("ten requests");
    let bystander = find(&recorder, CohortName::Bystander).expect("two requests");
    assert_eq!((healthy.completed, healthy.failed), (10, 0));
    assert!(healthy.latency_from_schedule_ms.max < 11.0, "{healthy:?}");
    assert_eq!((bystander.completed, bystander.failed), (1, 1));
    assert!(bystander.latency_from_schedule_ms.p50 > 490.0, "{bystander:?}");
    // Whoever asks twice moves nobody twice.
    assert_eq!(recorder.reclassify(HashSet::from([10])).moved, 0);
}

#[test]
fn whom_a_window_struck_joins_those_who_were_picked() {
    let mut recorder = recorder(100);
    for sequence in 0..10 {
        recorder.finished(&sample(sequence, 10));
    }
    recorder.finished(&sample(10, 500));
    recorder.finished(&Sample {
        picked: true,
        ..sample(11, 700)
    });
    assert_eq!(recorder.reclassify_affected(HashSet::from([10, 11])).moved, 1);
    let healthy = find(&recorder, CohortName::Healthy).expect("ten requests");
    let affected = find(&recorder, CohortName::Affected).expect("two requests");
    assert_eq!((healthy.completed, affected.completed), (10, 2));
    assert!(healthy.latency_from_schedule_ms.max < 11.0, "{healthy:?}");
}

#[test]
fn the_log_can_be_read_back() {
    let mut recorder = recorder(0);
    for latency in 2..100 {
        recorder.finished(&sample(0, latency));
        recorder.finished(&Sample {
            journey: 1,
            picked: true,
            ..sample(0, latency)
        });
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("latency.hlog");
    recorder
        .write_hlog(&path, SystemTime::now(), MS * 500)
        .expect("written");
    let log = std::fs::read(&path).expect("there");
    let mut histograms = BTreeMap::new();
    for entry in IntervalLogIterator::new(&log) {
        if let LogEntry::Interval(interval) = entry.expect("a line of a log") {
            let bytes = base64(interval.encoded_histogram());
            let histogram: Histogram<u64> = Deserializer::new()
                .deserialize(&mut &bytes[..])
                .expect("a histogram");
            histograms.insert(interval.tag().expect("a tag").to_string(), histogram);
        }
    }
    let tags: Vec<&str> = histograms.keys().map(String::as_str).collect();
    let expected = [
        "browse/healthy",
        "browse/healthy/lateness",
        "browse/healthy/send",
        "check_out__please/affected",
        "check_out__please/affected/lateness",
        "check_out__please/affected/send",
    ];
    assert_eq!(tags, expected);
    assert_eq!(histograms["browse/healthy"].len(), 98);
    assert!(histograms["browse/healthy"].max().abs_diff(99_000) < 100);
}

/// Base 64 with padding, as the log has it.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = ALPHABET
            .iter()
            .position(|letter| *letter == byte)
            .expect("a digit of base 64");
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn figures_have_the_names_that_scripts_rely_on() {
    let mut recorder = recorder(0);
    recorder.finished(&sample(0, 10));
    let json = serde_json::to_value(recorder.journeys()).expect("JSON");
    let keys: Vec<&String> = json[0].as_object().expect("an object").keys().collect();
    let mut expected = vec![
        "journey",
        "cohort",
        "completed",
        "failed",
        "dropped",
        "latency_from_schedule_ms",
        "latency_from_send_ms",
        "lateness_ms",
    ];
    expected.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(json[0]["cohort"], "all");
    for name in ["p50", "p90", "p95", "p99", "p999", "max", "mean"] {
        assert!(json[0]["lateness_ms"][name].is_number(), "{name}");
    }
}
