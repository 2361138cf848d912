//! `faultmart fault`: what can go wrong here.

use std::io::Write;

use anstyle::{AnsiColor, Effects, Style};
use clap::{Args, Subcommand};
use faults::catalogue::{self, Fault, Operation, ParameterKind, Places};
use runner::Failure;
use scenarios::words;
use serde_json::{Value, json};

use super::Outcome;
use crate::output::{self, Format};

const TITLE: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();

/// What to say of faults.
#[derive(Args)]
#[command(after_help = "Example:\n  faultmart fault show n-plus-one-sql")]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Name the faults and where they can strike
    List {
        /// The form of the result on stdout
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// What a fault is, how it shows, what it is mistaken for, the fix, and the two files that differ
    Show {
        /// The fault's name
        name: String,
        /// The form of the result on stdout
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Says it.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    match &options.action {
        Action::List { format: Format::Json } => {
            output::print_json(
                &catalogue::FAULTS
                    .iter()
                    .map(|fault| describe(fault))
                    .collect::<Vec<_>>(),
            )?;
        }
        Action::List { format: Format::Text } => list(),
        Action::Show { name, format } => {
            let fault = catalogue::find(name).ok_or_else(|| {
                let known = words::suggest(name, catalogue::FAULTS.iter().map(|fault| fault.name));
                Failure::input(format!("no fault `{name}`")).help(known)
            })?;
            match format {
                Format::Json => output::print_json(&describe(fault))?,
                Format::Text => show(fault),
            }
        }
    }
    Ok(0)
}

fn list() {
    for fault in catalogue::FAULTS {
        println!("{:<16} {:<9} {}", fault.name, fault.family, fault.summary);
        println!("{:<26} at {}", "", fault.place_names().join(", "));
    }
}

fn show(fault: &Fault) {
    let mut text = format!(
        "{TITLE}{}{TITLE:#} {DIM}{}{DIM:#}\n{}\n",
        fault.name, fault.family, fault.summary
    );
    let parts = [
        ("How it comes about", fault.mechanism),
        ("In a trace", fault.signature),
        ("Mistaken for", fault.confused_with),
        ("The fix", fault.fix),
    ];
    for (title, part) in parts {
        text.push_str(&format!("\n{TITLE}{title}{TITLE:#}\n{}\n", wrap(part)));
    }
    text.push_str(&format!(
        "\n{TITLE}Strikes at{TITLE:#}\n  {}\n",
        fault.place_names().join(", ")
    ));
    if !fault.parameters.is_empty() {
        text.push_str(&format!("\n{TITLE}Parameters{TITLE:#}\n"));
        for parameter in fault.parameters {
            let values = values(parameter.kind);
            text.push_str(&format!(
                "  {:<10} {} ({values}; default {})\n",
                parameter.name, parameter.summary, parameter.default
            ));
        }
    }
    text.push_str(&format!(
        "\n{TITLE}See it{TITLE:#}\n  faultmart run {}\n",
        fault.scenario
    ));
    if let Places::Operations(operations) = &fault.places {
        for operation in *operations {
            text.push_str(&diff(operation));
        }
    }
    // A reader that has gone has seen enough.
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// The two files of an operation, as a unified diff from the healthy to the faulty one.
fn diff(operation: &Operation) -> String {
    let mut text = format!("\n{TITLE}{}{TITLE:#}\n", operation.name);
    for line in operation.diff().lines() {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] | [b'@', ..] => DIM,
            [b'-', ..] => REMOVED,
            [b'+', ..] => ADDED,
            _ => Style::new(),
        };
        text.push_str(&format!("{style}{line}{style:#}\n"));
    }
    text
}

fn describe(fault: &Fault) -> Value {
    let parameters: Vec<Value> = fault
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "values": values(parameter.kind),
                "default": parameter.default,
                "summary": parameter.summary,
            })
        })
        .collect();
    json!({
        "name": fault.name,
        "family": fault.family,
        "summary": fault.summary,
        "mechanism": fault.mechanism,
        "signature": fault.signature,
        "confused_with": fault.confused_with,
        "fix": fault.fix,
        "effect": { "name": fault.effect.name, "unit": fault.effect.unit },
        "places": fault.place_names(),
        "parameters": parameters,
        "scenario": fault.scenario,
    })
}

fn values(kind: ParameterKind) -> String {
    match kind {
        ParameterKind::Duration { max_ms } => format!("up to {max_ms}ms"),
        ParameterKind::OneOf(values) => values.join(", "),
    }
}

/// A paragraph in lines of at most 98 characters, indented by two.
fn wrap(text: &str) -> String {
    let mut lines = vec![String::from(" ")];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last + word.chars().count() >= 98 {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}
