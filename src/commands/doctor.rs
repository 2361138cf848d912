//! `faultmart doctor`: whether this machine is ready, and what is configured.

use clap::Args;
use runner::doctor::{self, State};
use serde_json::json;

use super::Outcome;
use crate::output::{self, Format};

/// What to look at.
#[derive(Args)]
#[command(after_help = "Example:\n  faultmart doctor --database postgres://postgres@127.0.0.1:5432/postgres")]
pub struct Options {
    /// A database to try
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    /// Only ask this URL, such as http://127.0.0.1:4680/readyz, whether it answers: a container's health check
    #[arg(long, value_name = "URL", conflicts_with = "database")]
    url: Option<String>,

    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Looks; the exit code is 3 when something stands in the way of a run.
pub fn execute(options: &Options) -> Outcome {
    let (findings, settings) = match &options.url {
        Some(url) => (vec![doctor::ask(url)], Vec::new()),
        None => (
            doctor::examine(options.database.as_deref()),
            chassis::telemetry::effective(),
        ),
    };
    if options.format == Format::Json {
        let checks: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "check": finding.check, "state": finding.state.as_str(), "detail": finding.detail }))
            .collect();
        let telemetry: Vec<_> = settings
            .iter()
            .map(|setting| json!({ "variable": setting.variable, "value": setting.value, "source": setting.source.to_string() }))
            .collect();
        output::print_json(
            &json!({ "version": env!("CARGO_PKG_VERSION"), "checks": checks, "telemetry": telemetry }),
        )?;
    } else {
        println!("faultmart {}", env!("CARGO_PKG_VERSION"));
        for finding in &findings {
            println!(
                "  {:<5} {:<10} {}",
                finding.state.as_str(),
                finding.check,
                finding.detail
            );
        }
        if !settings.is_empty() {
            println!("\nTelemetry of a service started with `faultmart serve` (a run sends to its own lab):");
        }
        for setting in &settings {
            println!(
                "  {:<38} {:<32} {}",
                setting.variable, setting.value, setting.source
            );
        }
    }
    Ok(if findings.iter().any(|finding| finding.state == State::Bad) {
        3
    } else {
        0
    })
}
