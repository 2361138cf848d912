//! `faultmart query`: traces by TraceQL.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use runner::Failure;
use runner::query::{self, Answer, Request, SeriesLine, TraceLine};

use super::Outcome;
use crate::output::{self, Format};
use crate::trace_files;

/// What is asked, and of what.
#[derive(Args)]
#[command(after_help = "Examples:
  faultmart query '{ status = error }'                                the traces of the newest run with an error
  faultmart query '{ kind = server } >> { name =~ `SELECT.*` } | count() > 10' --format json
  faultmart query '{ } | quantile_over_time(duration, 0.95) by (resource.service.name)' --in traces.json --step 1s
  faultmart query --check '{ stauts = error }'                        only say what is wrong with a query

The language is described in docs/traceql.md.")]
pub struct Options {
    /// A query in TraceQL
    query: String,

    /// Only check the query: exit code 0 if it can be read, and 2 otherwise
    #[arg(long)]
    check: bool,

    /// Trace files of any format that is read, or folders of runs; the newest run below runs/ if it is not said
    #[arg(long = "in", value_name = "FILE", num_args = 1.., conflicts_with = "url")]
    files: Vec<PathBuf>,

    /// Ask a server that answers Tempo's routes instead, given by its base URL
    #[arg(long)]
    url: Option<String>,

    /// Only traces with a span that starts from here on: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<u64>,

    /// Only traces with a span that starts until here
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<u64>,

    /// How long the steps of a metrics query are, such as `1s`; about 240 steps if it is not said
    #[arg(long, value_name = "DURATION", value_parser = step)]
    step: Option<u64>,

    /// At most so many traces; all if it is not said
    #[arg(long, value_name = "N")]
    limit: Option<usize>,

    /// The form of the result on stdout; JSON is one line a trace, or one a series
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn time(text: &str) -> Result<u64, String> {
    let since = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
        Err(_) => {
            let time = humantime::parse_rfc3339_weak(text).map_err(|error| error.to_string())?;
            time.duration_since(UNIX_EPOCH)
                .map_err(|_| "before 1970".to_owned())?
        }
    };
    u64::try_from(since.as_nanos()).map_err(|_| "after the year 2554".to_owned())
}

fn step(text: &str) -> Result<u64, String> {
    let step = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    u64::try_from(step.as_nanos()).map_err(|_| "longer than 584 years".to_owned())
}

/// Answers the query.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    let query = query::parse(&options.query)?;
    if options.check {
        return Ok(0);
    }
    let request = Request {
        query,
        from: options.from,
        until: options.until,
        step: options.step,
        limit: options.limit,
    };
    let answer = match (&options.url, &options.files[..]) {
        (Some(url), _) => query::over_url(&request, url)?,
        (None, []) => query::over_files(&request, &[trace_files::newest_run()?])?,
        (None, files) => query::over_files(&request, files)?,
    };
    let text = match (&answer, options.format) {
        (Answer::Traces(traces), Format::Json) => json_lines(traces)?,
        (Answer::Series { lines, .. }, Format::Json) => json_lines(lines)?,
        (Answer::Traces(traces), Format::Text) => traces.iter().map(trace_text).collect(),
        (Answer::Series { lines, .. }, Format::Text) => lines.iter().map(series_text).collect(),
    };
    // A reader that has gone has seen enough.
    let _ = anstream::stdout().write_all(text.as_bytes());
    match &answer {
        Answer::Traces(traces) if options.format == Format::Text => {
            anstream::eprintln!(
                "{} {} match",
                traces.len(),
                plural(traces.len(), "trace", "traces")
            );
        }
        Answer::Series { left_out, .. } if *left_out > 0 => anstream::eprintln!(
            "{left_out} spans are left out, because there are too many series; group by less, or take longer steps"
        ),
        _ => {}
    }
    Ok(0)
}

fn json_lines(lines: &[impl serde::Serialize]) -> Result<String, Failure> {
    let mut text = String::new();
    for line in lines {
        let line = serde_json::to_string(line)
            .map_err(|error| Failure::run(format!("the result cannot be written as JSON: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// What came from a trace, without what would move the cursor or colour a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect()
}

fn trace_text(trace: &TraceLine) -> String {
    let mut text = format!(
        "{}  {}  {:>10.1} ms  {} {}  {} {}\n",
        trace.trace_id,
        trace.start,
        trace.duration_ms,
        trace.matched.len(),
        plural(trace.matched.len(), "span", "spans"),
        clean(&trace.root_service),
        clean(&trace.root_name),
    );
    for map in trace.values.iter().chain(&trace.selected) {
        let pairs: Vec<_> = map
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        text.push_str(&format!("    {}\n", clean(&pairs.join("  "))));
    }
    text
}

fn series_text(series: &SeriesLine) -> String {
    let labels: Vec<_> = series
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut text = format!("{}\n", clean(&labels.join(" ")));
    for point in &series.points {
        text.push_str(&format!("    {}  {}\n", point.time, point.value));
    }
    text
}
