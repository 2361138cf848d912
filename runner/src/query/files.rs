//! Queries over trace files.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use trace::formats::{self, Format};
use trace::otlp::lines::Lines;
use trace::traceql::{Query, Spanset};
use trace::view::{ModelTrace, Structure};
use trace::{Span, TraceId};

use super::{Answer, Request, TraceLine, json, lines, range, rfc3339};
use crate::recorded::TRACES;
use crate::{Failure, whole_traces};

/// Evaluates a query over files of any format that is read, or the folders of runs. Memory is bounded for OTLP's JSON
/// lines, whatever their size; other formats are read as a whole.
///
/// # Errors
///
/// A [`Failure`] when a file cannot be read, or the steps of a metrics query make no sense.
pub fn over_files(request: &Request, paths: &[PathBuf]) -> Result<Answer, Failure> {
    let read = |give: &mut dyn FnMut(Span)| paths.iter().try_for_each(|path| each_span(path, give));
    if request.query.is_metrics() {
        return metrics(request, read);
    }
    let mut found = Vec::new();
    whole_traces::each(read, |id, spans| {
        if is_asked_about(request, &spans) {
            found.extend(line(&request.query, id, &spans));
        }
    })?;
    // The same form and the same length, so that as text they sort by time.
    found.sort_by(|one: &TraceLine, other| (&one.start, &one.trace_id).cmp(&(&other.start, &other.trace_id)));
    found.truncate(request.limit.unwrap_or(usize::MAX));
    Ok(Answer::Traces(found))
}

/// Whether any span of a trace starts in the time that is asked about.
fn is_asked_about(request: &Request, spans: &[Span]) -> bool {
    spans.iter().any(|span| {
        request.from.is_none_or(|from| from <= span.start_unix_ns)
            && request.until.is_none_or(|until| span.start_unix_ns <= until)
    })
}

fn metrics(
    request: &Request,
    mut read: impl FnMut(&mut dyn FnMut(Span)) -> Result<(), Failure>,
) -> Result<Answer, Failure> {
    let (mut first, mut last) = (u64::MAX, 0);
    if request.from.is_none() || request.until.is_none() {
        read(&mut |span| {
            first = first.min(span.start_unix_ns);
            last = last.max(span.start_unix_ns);
        })?;
    }
    let range = range(request, first.min(last), last)?;
    let Some(mut metrics) = request.query.metrics(range) else {
        return Err(Failure::input("the query asks for no numbers over time"));
    };
    whole_traces::each(read, |_, spans| metrics.add(&ModelTrace(&spans)))?;
    Ok(lines(metrics.finish()))
}

fn line(query: &Query, id: TraceId, spans: &[Span]) -> Option<TraceLine> {
    let trace = ModelTrace(spans);
    let sets = query.evaluate(&trace)?;
    let root = &spans[Structure::of(&trace).root(&trace)?];
    let mut matched: Vec<usize> = sets.iter().flat_map(|set| set.spans.iter().copied()).collect();
    matched.sort_unstable();
    matched.dedup();
    let fields = query.selected_fields();
    let selected = match fields.is_empty() {
        true => Vec::new(),
        false => query.show(&trace, &matched, &fields),
    };
    let with_id = matched.iter().zip(selected).map(|(span, values)| {
        let values = values
            .into_iter()
            .map(|(field, value)| (field.to_string(), json(&value)));
        std::iter::once(("span_id".to_owned(), spans[*span].span_id.to_string().into()))
            .chain(values)
            .collect()
    });
    let values = |set: &Spanset| {
        set.values
            .iter()
            .map(|(name, value)| (name.clone(), json(value)))
            .collect()
    };
    Some(TraceLine {
        trace_id: id.to_string(),
        root_service: root.service().to_owned(),
        root_name: root.name.clone(),
        start: rfc3339(root.start_unix_ns),
        duration_ms: root.duration_ns() as f64 / 1e6,
        selected: with_id.collect(),
        values: sets
            .iter()
            .filter(|set| !set.values.is_empty())
            .map(values)
            .collect(),
        matched: matched
            .iter()
            .map(|span| spans[*span].span_id.to_string())
            .collect(),
    })
}

/// How much of a file is looked at to see what it is.
const BEGINNING: u64 = 1024 * 1024;

/// Gives each span of a file to `visit`.
fn each_span(path: &Path, visit: &mut dyn FnMut(Span)) -> Result<(), Failure> {
    let path = if path.is_dir() {
        path.join(TRACES)
    } else {
        path.to_owned()
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::input(format!("cannot read {}: {error}", path.display()))
            .help("name a trace file or the folder of a run: `--in FILE`")
    };
    let mut file = File::open(&path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    (&mut file)
        .take(BEGINNING)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
    if !is_gzip && formats::detect(&bytes) == Some(Format::OtlpJsonLines) {
        file.rewind().map_err(|error| unreadable(&error))?;
        for request in Lines::new(file).map_err(|error| unreadable(&error))? {
            let request = request.map_err(|error| unreadable(&error))?;
            request.spans.into_iter().for_each(&mut *visit);
        }
        return Ok(());
    }
    file.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let format = formats::detect(&bytes).ok_or_else(|| {
        Failure::input(format!("{} is no trace file that is known here", path.display()))
            .help("OTLP (protobuf, JSON, JSON lines), Jaeger and Zipkin are read, also compressed")
    })?;
    let spans = formats::read(format, &bytes).map_err(|error| {
        Failure::input(format!("cannot read {}: {error}", path.display())).help(error.help.clone())
    })?;
    spans.into_iter().for_each(visit);
    Ok(())
}
