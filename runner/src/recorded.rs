//! What the lab has written down of a run: every trace as it arrived, whatever the store in memory had to evict.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use trace::otlp::lines::Lines;
use trace::traceql::Query;
use trace::view::ModelTrace;
use trace::{Span, TraceId};

use crate::{Failure, whole_traces};

/// The file in a run's folder.
pub const TRACES: &str = "traces.otlp.jsonl.zst";

/// What is looked for while the file is read once.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Traces of which every span is kept.
    pub traces: BTreeSet<TraceId>,
    /// Spans that are counted in each trace: by service and name.
    pub counted: Vec<(String, String)>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The spans of the wanted traces.
    pub traces: BTreeMap<TraceId, Vec<Span>>,
    /// For each of the counted names, how often it occurs in which trace; a trace in which it does not occur is not there.
    pub counts: Vec<HashMap<TraceId, u32>>,
}

/// Reads a run's traces once, from beginning to end, in memory that depends on what is wanted and not on how much there is, but
/// for a few bytes for each trace in which a counted name occurs.
///
/// # Errors
///
/// A [`Failure`] when the file is not there or damaged.
pub fn read(folder: &Path, wanted: &Wanted) -> Result<Found, Failure> {
    let mut found = Found {
        counts: vec![HashMap::new(); wanted.counted.len()],
        ..Found::default()
    };
    each_span(folder, &mut |span| {
        for ((service, name), counts) in wanted.counted.iter().zip(&mut found.counts) {
            if span.name == *name && span.service() == service {
                *counts.entry(span.trace_id).or_default() += 1;
            }
        }
        if wanted.traces.contains(&span.trace_id) {
            found.traces.entry(span.trace_id).or_default().push(span);
        }
    })?;
    Ok(found)
}

/// Which of a run's traces match each query. The file is read once more, or several times if the run was large, so that
/// memory stays bounded; of a trace that matches only the id is kept.
///
/// # Errors
///
/// A [`Failure`] when the file is not there or damaged.
pub fn matching(folder: &Path, queries: &[&Query]) -> Result<Vec<HashSet<TraceId>>, Failure> {
    let mut matching = vec![HashSet::new(); queries.len()];
    if queries.is_empty() {
        return Ok(matching);
    }
    whole_traces::each(
        |give| each_span(folder, give),
        |id, spans| {
            for (query, matching) in queries.iter().zip(&mut matching) {
                if query.matches(&ModelTrace(&spans)) {
                    matching.insert(id);
                }
            }
        },
    )?;
    Ok(matching)
}

/// Gives each span of a run's file to `visit`, in the order in which they came.
fn each_span(folder: &Path, visit: &mut dyn FnMut(Span)) -> Result<(), Failure> {
    let path = folder.join(TRACES);
    let failed =
        |error: &dyn std::fmt::Display| Failure::input(format!("cannot read {}: {error}", path.display()));
    let file =
        File::open(&path).map_err(|error| failed(&error).help("name the folder of a run: `--in runs/ID`"))?;
    for request in Lines::new(file).map_err(|error| failed(&error))? {
        request
            .map_err(|error| failed(&error))?
            .spans
            .into_iter()
            .for_each(&mut *visit);
    }
    Ok(())
}
