//! From what was observed to what is told: the truth is matched, the spans are reconciled, the expectations are held against
//! the figures, and all of it is written down.

use std::collections::{BTreeMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use faults::plan::Plan;
use faults::truth::{Cohort, FaultAccount, Ledger};
use loadgen::{Outcome, Recorder};
use serde_json::Value;

use super::{Finished, RunOptions};
use crate::Failure;
use crate::accounts::{self, LabCounts, OwnCounts, SpanAccounts};
use crate::expectations::{self, Evidence};
use crate::folder::RunFolder;
use crate::recital;
use crate::recorded::{self, Wanted};
use crate::report;
use crate::resources::Resources;
use crate::samples::{Picked, Samples};
use crate::stories::{self, Story};
use crate::summary::{Load, Run, SCHEMA, Summary, Timings, Traces};

/// All that was seen of a run.
pub struct Observed {
    pub plan: Plan,
    /// The names that samples refer to by index.
    pub journeys: Vec<String>,
    pub outcome: Outcome,
    pub recorder: Recorder,
    pub samples: Samples,
    pub picked: Picked,
    pub ledger: Ledger,
    pub own: BTreeMap<String, OwnCounts>,
    pub lab_counts: LabCounts,
    pub lab_answer: Value,
    pub refused_reports: u64,
    pub resources: Resources,
}

/// How a run came to its end.
pub struct Ending {
    pub started: SystemTime,
    pub ready: SystemTime,
    pub interrupted: bool,
    pub failure: Option<Failure>,
}

/// Draws the sum of a run and writes its files. What cannot be written is a failure of the run; it is summed up all the same.
pub fn gather(options: RunOptions, folder: RunFolder, mut seen: Observed, ending: Ending) -> Finished {
    let scenario = &options.scenario;
    let picked = std::mem::take(&mut seen.picked);
    let recited = folder.write("plan.jsonl.zst", |file| {
        recital::recite(&seen.plan, picked, &mut seen.ledger, file)
    });
    seen.ledger.name_journeys(&seen.plan);
    reclassify(&mut seen);

    let faults = seen.ledger.accounts();
    let mut stories = stories::tell(&faults, &seen.ledger, &seen.samples, &seen.journeys);
    order_by_scenario(&mut stories, scenario);
    let wanted = Wanted {
        traces: stories
            .iter()
            .flat_map(|story| &story.groups)
            .flat_map(|group| group.near_ids.iter().copied())
            .collect(),
        counted: expectations::counted_spans(&scenario.expect),
    };
    let mut failure = ending
        .failure
        .or_else(|| recited.err())
        .or_else(|| unrecorded(&seen.lab_answer))
        .or_else(|| untold(&seen, &faults));
    let found = match recorded::read(folder.path(), &wanted) {
        Ok(found) => found,
        Err(error) => {
            // What could not be recorded is a failure of the run, not of its input.
            failure.get_or_insert(Failure { code: 3, ..error });
            recorded::Found {
                counts: vec![Default::default(); wanted.counted.len()],
                ..Default::default()
            }
        }
    };
    let queries = expectations::queries(&scenario.expect);
    let matching = match recorded::matching(folder.path(), &queries) {
        Ok(matching) => matching,
        Err(error) => {
            failure.get_or_insert(Failure { code: 3, ..error });
            vec![HashSet::new(); queries.len()]
        }
    };
    for group in stories.iter_mut().flat_map(|story| &mut story.groups) {
        group.spans = found.traces.get(&group.trace_id).cloned().unwrap_or_default();
        let near = group.near_ids.iter().filter_map(|id| found.traces.get(id));
        group.near = near.cloned().collect();
    }
    let evidence = Evidence {
        scenario,
        outcome: &seen.outcome,
        recorder: &seen.recorder,
        samples: &seen.samples,
        ledger: &seen.ledger,
        faults: &faults,
        counts: &found.counts,
        counted: &wanted.counted,
        matching: &matching,
    };
    let expectations = expectations::evaluate(&evidence);
    let spans = accounts::reconcile(&seen.own, &seen.lab_counts);
    failure = failure
        .or_else(|| unreconciled(&spans))
        .or_else(|| write(&folder, &seen).err());
    let exit_code = |failure: &Option<Failure>| match (ending.interrupted, failure) {
        (true, _) => 130,
        (false, Some(failure)) => failure.code,
        (false, None) => u8::from(expectations.iter().any(|verdict| !verdict.held)),
    };
    let summary = Summary {
        schema: SCHEMA,
        run: Run {
            id: folder.id.clone(),
            title: scenario.title.clone(),
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            database: if options.database.as_deref().is_some_and(|text| text != "sqlite") {
                "postgresql"
            } else {
                "sqlite"
            },
            version: env!("CARGO_PKG_VERSION"),
            started_at: humantime::format_rfc3339_millis(ending.started).to_string(),
            duration_ms: milliseconds(ending.started, SystemTime::now()) as u64,
            exit_code: exit_code(&failure),
            interrupted: ending.interrupted,
        },
        timings_ms: timings(ending.started, ending.ready, &seen),
        load: Load::new(&seen.outcome, &seen.recorder),
        faults: stories.iter().map(|story| story.account.clone()).collect(),
        distractors: seen.ledger.innocent_accounts(),
        spans,
        traces: traces(&seen.lab_answer),
        expectations: expectations.clone(),
        resources: seen.resources.clone(),
    };
    let mut finished = Finished {
        summary,
        stories,
        folder,
        failure,
        samples: seen.samples,
        ledger: seen.ledger,
        journeys: seen.journeys,
        length: seen.plan.duration(),
        scenario: options.scenario,
    };
    for write in [|it: &Finished| report::write(it, &[]), write_summary] {
        if let Err(unwritten) = write(&finished) {
            finished.failure.get_or_insert(unwritten);
            finished.summary.run.exit_code = exit_code(&finished.failure);
        }
    }
    finished
}

/// Tells the recorder who turned out to be struck or to suffer, of those that no rule had picked.
fn reclassify(seen: &mut Observed) {
    let (mut affected, mut bystanders) = (HashSet::new(), HashSet::new());
    for (sequence, _, cohort) in seen.ledger.cohorts() {
        match cohort {
            Cohort::Affected(_) => drop(affected.insert(sequence)),
            Cohort::Bystander => drop(bystanders.insert(sequence)),
            Cohort::Healthy | Cohort::Prevented => {}
        }
    }
    seen.recorder.reclassify_affected(affected);
    seen.recorder.reclassify(bystanders);
}

/// The faults in the order in which the scenario has them.
fn order_by_scenario(stories: &mut [Story], scenario: &scenarios::model::Scenario) {
    stories.sort_by_key(|story| {
        let place = scenario
            .faults
            .iter()
            .position(|rule| rule.fault == story.account.fault && rule.at == story.account.at);
        place.unwrap_or(usize::MAX)
    });
}

/// Why what was received is not all written down, if so: a full disk, say.
fn unrecorded(lab: &Value) -> Option<Failure> {
    let error = lab["record"]["error"].as_str()?;
    Some(
        Failure::run(format!("the traces could not all be written down: {error}"))
            .help("free some space, or choose another folder with `--out DIR`"),
    )
}

/// Why the truth of this run cannot be relied on, if so.
fn untold(seen: &Observed, faults: &[FaultAccount]) -> Option<Failure> {
    let missed: u64 = faults.iter().map(|fault| fault.missed).sum();
    let unplanned: u64 = faults.iter().map(|fault| fault.unplanned).sum();
    let wrong = [
        (missed, "planned faults did not strike"),
        (unplanned, "faults struck that nobody had planned"),
        (seen.refused_reports, "reports of faults could not be understood"),
    ];
    let message: Vec<String> = wrong
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (!message.is_empty()).then(|| {
        Failure::run(format!("the ground truth does not hold: {}", message.join(", ")))
            .help("this is an error of Faultmart's; the run folder's truth.jsonl and log.txt say more")
    })
}

/// Why the spans of this run cannot be relied on, if so.
fn unreconciled(spans: &SpanAccounts) -> Option<Failure> {
    if spans.total.unaccounted > 0 {
        let culprits: Vec<&str> = spans
            .by_service
            .iter()
            .filter(|(_, service)| service.unaccounted > 0)
            .map(|(name, _)| name.as_str())
            .collect();
        return Some(
            Failure::run(format!(
                "{} spans are unaccounted for ({})",
                spans.total.unaccounted,
                culprits.join(", ")
            ))
            .help("this is an error of Faultmart's; the run folder's log.txt says more"),
        );
    }
    (spans.total.started > 0 && spans.total.received == 0).then(|| {
        Failure::run("the lab received nothing").help("the run folder's log.txt says why exports failed")
    })
}

fn timings(started: SystemTime, ready: SystemTime, seen: &Observed) -> Timings {
    let first_done = seen
        .samples
        .first_answer()
        .map(|done| UNIX_EPOCH + std::time::Duration::from_nanos(seen.outcome.started_unix_ns) + done);
    let first_stored = seen.lab_answer["first_trace_stored_unix_ns"]
        .as_u64()
        .filter(|ns| *ns > 0)
        .map(|ns| UNIX_EPOCH + std::time::Duration::from_nanos(ns));
    let since = |moment: SystemTime| milliseconds(started, moment);
    Timings {
        ready: Some(since(ready)),
        first_answer: first_done.map(since),
        first_trace_stored: first_stored.map(since),
    }
}

fn traces(lab: &Value) -> Traces {
    let count = |name: &str| lab["traces"][name].as_u64().unwrap_or(0);
    // The lab calls a trace complete once it has been quiet for a while; after a run all are quiet.
    let settling = count("settling");
    Traces {
        stored: count("stored"),
        complete: count("complete") + settling,
        incomplete: count("incomplete").saturating_sub(settling),
        evicted: count("evicted"),
    }
}

fn write(folder: &RunFolder, seen: &Observed) -> Result<(), Failure> {
    folder.write("truth.jsonl", |mut file| seen.ledger.write_truth(&mut file))?;
    let load_started = UNIX_EPOCH + std::time::Duration::from_nanos(seen.outcome.started_unix_ns);
    seen.recorder
        .write_hlog(&folder.file("latency.hlog"), load_started, seen.outcome.duration)
        .map_err(|error| {
            Failure::run(format!(
                "cannot write {}: {error}",
                folder.file("latency.hlog").display()
            ))
            .help("choose a folder that can be written with `--out DIR`")
        })
}

fn write_summary(finished: &Finished) -> Result<(), Failure> {
    finished.folder.write("summary.json", |file| {
        serde_json::to_writer_pretty(&mut *file, &finished.summary)?;
        file.write_all(b"\n")
    })
}

fn milliseconds(from: SystemTime, to: SystemTime) -> f64 {
    to.duration_since(from)
        .map_or(0.0, |duration| (duration.as_secs_f64() * 1e6).round() / 1e3)
}
