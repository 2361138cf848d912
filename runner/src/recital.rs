//! The plan, gone through once more when the run is over: it is written down, and the ledger is told what was intended for each
//! request that was sent. Being a pure function, it need not be kept while the run is going.

use std::io::{self, Write};

use faults::plan::{Plan, PlannedRequest};
use faults::truth::Ledger;

use crate::samples::{Picked, PickedEnding};

/// How many steps of each user of the closed model are written down, since they are endless.
const CLOSED_STEPS_WRITTEN: u64 = 100;

/// Writes the plan as JSON lines and tells the ledger what was intended.
///
/// # Errors
///
/// When the lines cannot be written; the ledger has then been told nothing of what follows.
pub fn recite(
    plan: &Plan,
    mut picked: Picked,
    ledger: &mut Ledger,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut unclaimed = ledger.unclaimed();
    for request in plan.open() {
        ledger.claim(&mut unclaimed, &request);
        writeln!(output, "{}", request.to_json_line())?;
        if let Some(ending) = picked.0.remove(&request.sequence) {
            tell(ledger, &request, ending);
        }
    }
    for (index, user) in plan.closed().enumerate() {
        let mut left = picked
            .0
            .values()
            .filter(|ending| ending.user == Some(index))
            .count();
        for step in user {
            let written = step.step() < CLOSED_STEPS_WRITTEN;
            if written {
                writeln!(output, "{}", step.to_json_line())?;
            }
            if let Some(ending) = picked.0.remove(&step.sequence()) {
                left -= 1;
                tell(ledger, &step.start(ending.due), ending);
            }
            if left == 0 && !written {
                break;
            }
        }
    }
    ledger.keep(unclaimed);
    Ok(())
}

fn tell(ledger: &mut Ledger, request: &PlannedRequest, ending: PickedEnding) {
    ledger.started(request);
    ledger.outcome(request.sequence, ending.outcome);
}
