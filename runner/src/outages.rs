//! Which requests were hit by a process that was not there: it cannot tell itself, so the run does, which has seen them all from
//! outside. One that comes up late tells of those that waited for it; of those that gave up before it only the run knows.

use std::time::Duration;

use faults::catalogue::{self, CRASH, SLOW_START};
use faults::truth::{Applied, Role, Window, WindowOutcome};
use faults::{distractors, routes};
use loadgen::{Ending, Sample};

use crate::samples::Samples;

/// How long a service may take to be there again.
const RECOVERY: Duration = Duration::from_secs(1);

/// The requests that were hit: of the journeys that come to the service, those that were sent while it was down, and those that were
/// on their way when it went down, or came just before it was up again, and failed. The effect is what they took, in milliseconds.
pub fn hits(windows: &[Window], samples: &Samples, journeys: &[String]) -> Vec<Applied> {
    let mut hits = Vec::new();
    let is_outage = |window: &&Window| [CRASH.name, SLOW_START.name].contains(&window.fault);
    for window in windows.iter().filter(is_outage) {
        let visits = |sample: &&Sample| {
            let route = journeys
                .get(sample.journey)
                .and_then(|journey| routes::of_journey(journey).or_else(|| distractors::route(journey)));
            route.is_some_and(|route| route.visits(&window.at))
        };
        let struck = samples
            .iter()
            .filter(visits)
            .filter(|sample| is_hit(sample, window));
        hits.extend(struck.map(|sample| hit(sample, window)));
    }
    hits
}

fn is_hit(sample: &Sample, window: &Window) -> bool {
    let WindowOutcome::Applied { asked, set, cleared } = window.outcome else {
        return false;
    };
    let has_failed = matches!(sample.ending, Ending::Failed(_));
    let was_sent_meanwhile = set <= sample.sent && sample.sent < cleared;
    let was_on_its_way = sample.sent < set && asked <= sample.done;
    // Until the new process is there, some are still turned away.
    let came_too_early = cleared <= sample.sent && sample.sent < cleared + RECOVERY;
    if window.fault == SLOW_START.name {
        return has_failed && (was_sent_meanwhile || was_on_its_way);
    }
    was_sent_meanwhile || (has_failed && (was_on_its_way || came_too_early))
}

fn hit(sample: &Sample, window: &Window) -> Applied {
    Applied {
        trace_id: sample.trace_id,
        span_ids: vec![sample.span_id],
        sequence: Some(sample.sequence),
        fault: catalogue::find(window.fault).map_or(window.fault, |fault| fault.name),
        at: window.at.clone(),
        role: Role::Culprit,
        effect: sample.latency_from_send().as_secs_f64() * 1e3,
        at_unix_ns: 0,
    }
}

#[cfg(test)]
mod tests {
    use loadgen::{Failure, Observer};

    use super::*;

    fn sample(sequence: u64, journey: usize, sent: u64, done: u64, ending: Ending) -> Sample {
        Sample {
            sequence,
            journey,
            user: None,
            trace_id: [1; 16],
            span_id: [2; 8],
            picked: false,
            warm_up: false,
            due: Duration::from_millis(sent),
            sent: Duration::from_millis(sent),
            done: Duration::from_millis(done),
            ending,
        }
    }

    #[test]
    fn who_came_while_it_was_down_was_hit_and_who_was_on_the_way_if_that_failed() {
        let mut samples = Samples::default();
        let failed = Ending::Failed(Failure::Status(502));
        let answered = Ending::Completed(200);
        for sample in [
            sample(0, 0, 100, 110, answered),
            sample(1, 0, 990, 1_010, failed),
            sample(9, 0, 900, 940, failed),
            sample(10, 0, 900, 960, failed),
            sample(2, 0, 990, 1_010, answered),
            sample(3, 0, 1_500, 1_510, failed),
            sample(4, 0, 1_500, 1_510, answered),
            sample(5, 1, 1_500, 1_510, answered),
            sample(6, 0, 2_100, 2_110, failed),
            sample(7, 0, 2_100, 2_110, answered),
            sample(8, 0, 3_100, 3_110, failed),
        ] {
            samples.finished(&sample);
        }
        let journeys = ["checkout".to_owned(), "search".to_owned()];
        for (fault, expected) in [
            (CRASH.name, &[1, 10, 3, 4, 6][..]),
            (SLOW_START.name, &[1, 10, 3]),
        ] {
            let window = Window {
                fault,
                at: "orders".to_owned(),
                from: Duration::from_secs(1),
                until: Duration::from_secs(2),
                outcome: WindowOutcome::Applied {
                    asked: Duration::from_millis(950),
                    set: Duration::from_secs(1),
                    cleared: Duration::from_secs(2),
                },
            };
            let hit: Vec<_> = hits(&[window], &samples, &journeys)
                .iter()
                .filter_map(|applied| applied.sequence)
                .collect();
            assert_eq!(hit, expected, "{fault}");
        }
    }
}
