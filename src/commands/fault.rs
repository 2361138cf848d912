//! `faultmart fault`: what can go wrong here.

use std::ffi::OsStr;
use std::io::Write;

use anstyle::{AnsiColor, Effects, Style};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, Subcommand, ValueEnum};
use faults::catalogue::{self, Databases, Fault, Operation, Places};
use runner::Failure;
use scenarios::words;

use super::Outcome;
use crate::output;

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
        #[arg(value_parser = FaultName, hide_possible_values = true)]
        name: String,
        /// The form of the result on stdout
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// The form of what is said on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// A page of docs/faults/.
    Markdown,
}

/// Any text, so that a wrong name is answered with the nearest one; the shell completes the catalogue's.
#[derive(Clone)]
struct FaultName;

impl TypedValueParser for FaultName {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = catalogue::FAULTS
            .iter()
            .map(|fault| PossibleValue::new(fault.name));
        Some(Box::new(names))
    }
}

/// Says it.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    match &options.action {
        Action::List { format: Format::Json } => {
            output::print_json(
                &catalogue::FAULTS
                    .iter()
                    .map(|fault| fault.describe())
                    .collect::<Vec<_>>(),
            )?;
        }
        Action::List { format: Format::Text } => list(),
        Action::List {
            format: Format::Markdown,
        } => print!("{}", catalogue::pages()),
        Action::Show { name, format } => {
            let fault = catalogue::find(name).ok_or_else(|| {
                let known = words::suggest(name, catalogue::FAULTS.iter().map(|fault| fault.name));
                Failure::input(format!("no fault `{name}`")).help(known)
            })?;
            match format {
                Format::Json => output::print_json(&fault.describe())?,
                Format::Text => show(fault),
                Format::Markdown => print!("{}", fault.page("")),
            }
        }
    }
    Ok(0)
}

fn list() {
    let width = catalogue::FAULTS
        .iter()
        .map(|fault| fault.name.len())
        .max()
        .unwrap_or(0);
    let columns = |name: &str, family: &str, scope: &str, databases: &str| {
        format!("{name:<width$} {family:<9} {scope:<8} {databases:<10}")
    };
    println!(
        "{} what it is, and where it strikes",
        columns("fault", "family", "scope", "databases")
    );
    for fault in catalogue::FAULTS {
        let databases = match fault.databases {
            Databases::Both => "both",
            Databases::Only { database, .. } => database.as_str(),
        };
        let first = columns(fault.name, fault.family, fault.scope.as_str(), databases);
        println!("{first} {}", fault.summary);
        println!(
            "{:indent$} at {}",
            "",
            fault.all_place_names().join(", "),
            indent = first.chars().count()
        );
    }
}

fn show(fault: &Fault) {
    let mut text = format!(
        "{TITLE}{}{TITLE:#} {DIM}{}{DIM:#}\n{}\n",
        fault.name, fault.family, fault.summary
    );
    let shown_by = fault.shown_by_in_words().join("\n");
    let parts = [
        ("How it comes about", fault.mechanism),
        ("In a trace", fault.signature),
        ("Metrics and traces", shown_by.as_str()),
        ("Mistaken for", fault.confused_with),
        ("The fix", fault.fix),
    ];
    for (title, part) in parts {
        text.push_str(&format!("\n{TITLE}{title}{TITLE:#}\n{}\n", wrap(part)));
    }
    text.push_str(&format!(
        "\n{TITLE}Strikes at{TITLE:#}\n{}\n",
        wrap(&fault.all_place_names().join(", "))
    ));
    text.push_str(&format!(
        "\n{TITLE}Switched on{TITLE:#}\n{}\n",
        wrap(&fault.switched_on_in_words())
    ));
    if !fault.parameters.is_empty() {
        text.push_str(&format!("\n{TITLE}Parameters{TITLE:#}\n"));
        for parameter in fault.parameters {
            text.push_str(&format!(
                "  {:<10} {} ({}; default {})\n",
                parameter.name,
                parameter.summary,
                parameter.kind.values(),
                parameter.default
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

/// A paragraph in lines of at most 98 characters, indented by two.
fn wrap(text: &str) -> String {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        lines.push(String::from(" "));
        for word in paragraph.split_whitespace() {
            let last = lines.last().map_or(0, |line| line.chars().count());
            if last + word.chars().count() >= 98 {
                lines.push(String::from(" "));
            }
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.push_str(word);
            }
        }
    }
    lines.join("\n")
}
