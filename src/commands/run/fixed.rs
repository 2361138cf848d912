//! `faultmart run X --fixed`: the learner's and the engineer's last step.

use std::path::Path;
use std::time::SystemTime;

use runner::Failure;
use runner::fixed::{Fixed, healthy};
use runner::report;
use scenarios::model::Scenario;

use super::{Format, Options, print, print_document, print_text, run};

/// Runs the plan with its faults and without, and prints both side by side. The exit code is that of the run without: what
/// the scenario expects of a healthy shop must hold there.
pub fn execute(
    scenario: Scenario,
    options: &Options,
    out: Option<&Path>,
    began: SystemTime,
    several: bool,
) -> Result<u8, Failure> {
    let without = healthy(&scenario);
    let faulty = run(scenario, options, out.map(|out| out.join("faulty")), began, 0)?;
    if faulty.failure.is_some() || faulty.summary.run.interrupted {
        print(&faulty, options.format, several)?;
        return Ok(faulty.summary.run.exit_code);
    }
    // The trace ids differ, so that one backend can hold both.
    let fixed = run(
        without,
        options,
        out.map(|out| out.join("fixed")),
        SystemTime::now(),
        1,
    )?;
    let both = Fixed::of(&faulty, &fixed);
    let written = match fixed.failure {
        None => both.write_report(&faulty, &fixed),
        Some(_) => Ok(()),
    };
    let both_are_told = fixed.failure.is_none() && written.is_ok();
    match options.format {
        Format::Json => print_document(&both, several)?,
        Format::Text => {
            print_text(&report::render(&faulty, super::look()));
            print_text(&report::render(&fixed, super::look()));
            print_text(&report::render_fixed(
                &both,
                both_are_told.then_some(&faulty.folder),
            ));
        }
    }
    if let Some(failure) = &fixed.failure {
        crate::output::print_failure(failure);
    }
    written?;
    Ok(fixed.summary.run.exit_code)
}
