//! The line on the terminal while a run is going: elapsed, rate, p95, errors, and the fault that is active now.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::Snapshot;
use scenarios::model::{FaultRule, Scenario};

/// The progress line, or nothing where there is no terminal.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    faults: Vec<FaultRule>,
    ends: Duration,
}

impl ProgressLine {
    /// A line for this scenario, whose load lasts for `ends`.
    pub fn new(shown: bool, scenario: &Scenario, ends: Duration) -> Self {
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(milliseconds(ends)), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self {
            bar,
            faults: scenario.faults.clone(),
            ends,
        }
    }

    /// Says something while there is no load yet, or no more.
    pub fn say(&self, text: &'static str) {
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Shows how the load is going.
    pub fn show(&self, now: &Snapshot) {
        self.bar.set_position(milliseconds(now.elapsed.min(self.ends)));
        self.bar.set_message(format!(
            "{:>4.1}/{:.0} s  {:>4}/s  p95 {:>6.1} ms  errors {}{}{}",
            now.elapsed.as_secs_f64(),
            self.ends.as_secs_f64(),
            now.due_per_second,
            now.p95.as_secs_f64() * 1e3,
            now.failed,
            if now.dropped > 0 {
                format!("  dropped {}", now.dropped)
            } else {
                String::new()
            },
            self.active(now.elapsed),
        ));
    }

    /// Takes the line away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn active(&self, elapsed: Duration) -> String {
        let mut names: Vec<&str> = self
            .faults
            .iter()
            .filter(|rule| rule.from <= elapsed && rule.until.unwrap_or(self.ends) > elapsed)
            .map(|rule| rule.fault.as_str())
            .collect();
        names.dedup();
        if names.is_empty() {
            String::new()
        } else {
            format!("  ⚡ {}", names.join(", "))
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
