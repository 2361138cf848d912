//! A scenario as a user names it: an entry of the catalogue, or a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Args;
use faults::vocabulary::Catalogue;
use runner::Failure;
use scenarios::adjust::{self, AdjustError, Adjustment};
use scenarios::catalogue;
use scenarios::model::Scenario;
use scenarios::{units, words};

/// What can be changed of a scenario without writing a file.
#[derive(Debug, Clone, Default, Args)]
pub struct Overrides {
    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// None of the scenario's faults
    #[arg(long, conflicts_with_all = ["only", "at", "share"])]
    pub no_faults: bool,

    /// Of the scenario's faults only this one; repeat it for more
    #[arg(long, value_name = "FAULT")]
    pub only: Vec<String>,

    /// Where the scenario's faults strike: an operation such as catalog.search, or an edge such as gateway->orders
    #[arg(long, value_name = "PLACE")]
    pub at: Option<String>,

    /// The share of the requests that they pick: 50%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub share: Option<f64>,
}

fn share(text: &str) -> Result<f64, String> {
    units::share(text).map_err(|error| format!("{error}; {}", error.help()))
}

/// Reads the scenario of that name or in that file, with the overrides.
pub fn read(argument: &str, overrides: &Overrides) -> Result<Scenario, Failure> {
    let (path, text) = source(argument)?;
    let mut scenario = scenarios::parse(&path, &text, &Catalogue).map_err(|problems| {
        let text = problems.to_string();
        Failure::input(text.strip_prefix("error: ").unwrap_or(&text))
    })?;
    if let Some(seed) = overrides.seed {
        scenario.seed = seed;
    }
    let adjustment = Adjustment {
        no_faults: overrides.no_faults,
        only: overrides.only.clone(),
        at: overrides.at.clone(),
        share: overrides.share,
    };
    let left_out = adjust::adjust(&mut scenario, &adjustment, &Catalogue).map_err(|error| cannot(&error))?;
    for expectation in left_out {
        anstream::eprintln!("note: without its fault, this is not expected: {expectation}");
    }
    Ok(scenario)
}

/// Why the scenario cannot be changed as asked for.
pub fn cannot(error: &AdjustError) -> Failure {
    Failure::input(error.message.clone()).help(&error.help)
}

/// Where the scenario stands, for errors, and its text.
pub fn source(argument: &str) -> Result<(String, String), Failure> {
    if let Some(entry) = catalogue::find(argument) {
        return Ok((entry.path(), entry.text.to_owned()));
    }
    let path = Path::new(argument);
    let looks_like_a_file = path.extension().is_some() || argument.contains('/');
    if !looks_like_a_file && !path.exists() {
        let known = words::suggest(argument, catalogue::SCENARIOS.iter().map(|entry| entry.name));
        return Err(
            Failure::input(format!("no scenario `{argument}`, and no file of that name")).help(known),
        );
    }
    let failed = |error: std::io::Error| Failure::input(format!("cannot read {argument}: {error}"));
    let mut bytes = Vec::new();
    let limit = scenarios::MAX_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::input(format!("{argument} is not text in UTF-8"))
            .help("a scenario is a YAML file; see `faultmart scenario new`")
    })?;
    Ok((argument.to_owned(), text))
}
