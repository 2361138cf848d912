//! `/lab/compare?before=&after=` with the ids of two traces, or `?a_q=&b_q=` with what two groups of traces are like: see [`Asked`].
//! Without an `a_q` and the like, the second group are those of its traces that begin as most of them do, and the first all others that do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::compare::{Comparison, compare};
use trace::{Span, TraceId, Tree};

use super::super::parameters::Parameters;
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::super::{lost, problem};
use super::asked::{Asked, Found};
use super::drawing::{Refusal, spans};
use crate::ingest::Lab;
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/compare", get(compared))
}

/// How many traces of a group are compared, the newest.
const LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1_000;
/// How many spans of a group are compared; a trace that has no room is only counted.
const MOST_SPANS: usize = 500_000;
/// How many ways to begin are told apart.
const MOST_ROOTS: usize = 1_000;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    comparison: Comparison,
    /// How many traces there are that are like the groups; not all of them may be compared.
    found: [usize; 2],
    /// How those that are compared begin, where a group was held against all others.
    root: Option<String>,
    /// How many traces were found that begin in another way, and are left out for it.
    begin_otherwise: usize,
    /// How many traces were left out because spans of theirs are on their way: a root or a parent that is missing, and some came just now.
    unfinished: usize,
}

/// What is asked for.
enum Question {
    Traces { before: String, after: String },
    Groups(Box<Groups>),
}

struct Groups {
    /// None for the others with the same roots.
    before: Option<Asked>,
    after: Asked,
    limit: usize,
}

impl Question {
    fn of(parameters: &Parameters) -> Result<Self, String> {
        let told = |names: &[&str]| parameters.any(names).is_some();
        let (a, b) = (
            ["a_q", "a_start", "a_end", "a_min_duration", "a_max_duration"],
            ["b_q", "b_start", "b_end", "b_min_duration", "b_max_duration"],
        );
        if !told(&a) && !told(&b) {
            let id = |name| parameters.get(name).unwrap_or_default().to_owned();
            return Ok(Self::Traces {
                before: id("before"),
                after: id("after"),
            });
        }
        let limit = parameters.limit("limit", LIMIT, LARGEST_LIMIT);
        Ok(Self::Groups(Box::new(Groups {
            before: told(&a).then(|| Asked::of(parameters, "a_")).transpose()?,
            after: Asked::of(parameters, "b_")?,
            limit: limit.map_err(|wrong| wrong.to_string())?,
        })))
    }
}

async fn compared(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let question = match Question::of(&parameters) {
        Ok(question) => question,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong),
    };
    let done = queries
        .ask(move |lab, watch| match question {
            Question::Traces { before, after } => Ok(two(lab, &before, &after)),
            Question::Groups(groups) => groups.answer(lab, watch).map(Ok),
        })
        .await;
    match done {
        Ok(Ok(answer)) => lost::note(&queries.lab, 0, Json(answer).into_response()),
        Ok(Err((status, detail))) => problem(status, &detail),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn two(lab: &Lab, before: &str, after: &str) -> Result<Answer, Refusal> {
    let (before, after) = (spans(lab, before)?, spans(lab, after)?);
    Ok(Answer {
        comparison: compare(&[Tree::of(&before)], &[Tree::of(&after)]),
        found: [1, 1],
        root: None,
        begin_otherwise: 0,
        unfinished: 0,
    })
}

/// Whether a trace is not all here, and more of it may come.
fn is_unfinished(trace: &TraceSpans, found: &Found, now: Instant) -> bool {
    !found.summary.is_complete() && !trace.is_quiet(now)
}

/// A root's service and name.
type Root = (String, String);

fn root(found: &Found) -> Root {
    (
        found.summary.root_service.clone(),
        found.summary.root_name.clone(),
    )
}

/// A group as it is gathered.
#[derive(Default)]
struct Group {
    traces: Vec<Vec<Span>>,
    found: usize,
}

impl Group {
    /// Counts a trace, and keeps it if there is room for its spans.
    fn add(&mut self, found: Found, limit: usize, room: &mut usize) {
        self.found += 1;
        if self.traces.len() < limit && found.spans.len() <= *room {
            *room -= found.spans.len();
            self.traces.push(found.spans);
        }
    }

    fn trees(&self) -> Vec<Tree<'_>> {
        self.traces.iter().map(|spans| Tree::of(spans)).collect()
    }
}

impl Groups {
    fn answer(mut self, lab: &Lab, watch: &Watch) -> Result<Answer, Stopped> {
        let others = self.before.is_none();
        let mut taken: HashSet<TraceId> = HashSet::new();
        let mut roots: HashMap<Root, Group> = HashMap::new();
        let (mut room, mut rare, mut unfinished) = (MOST_SPANS, 0, 0);
        let now = Instant::now();
        newest_first(lab, watch, |trace| {
            if let Some(found) = self.after.find(trace, watch) {
                taken.insert(found.summary.trace_id);
                if is_unfinished(trace, &found, now) {
                    unfinished += 1;
                    return Ok(());
                }
                // What is held against others is held against those that are alike: a checkout and a message have nothing to compare.
                let root = if others { root(&found) } else { Root::default() };
                if roots.len() < MOST_ROOTS || roots.contains_key(&root) {
                    roots.entry(root).or_default().add(found, self.limit, &mut room);
                } else {
                    rare += 1;
                }
            }
            Ok(())
        })?;
        let all: usize = rare + roots.values().map(|group| group.found).sum::<usize>();
        let most = roots
            .into_iter()
            .max_by(|(one, group), (other, next)| group.found.cmp(&next.found).then(other.cmp(one)));
        let (begins, after) = most.unwrap_or_default();
        let mut before = Group::default();
        room = MOST_SPANS;
        let mut asked = self.before.unwrap_or_else(Asked::any);
        newest_first(lab, watch, |trace| {
            if others && taken.contains(&trace.id()) {
                return Ok(());
            }
            let like = |it: &Found| !others || root(it) == begins;
            if let Some(found) = asked.find(trace, watch).filter(like) {
                if is_unfinished(trace, &found, now) {
                    unfinished += 1;
                    return Ok(());
                }
                before.add(found, self.limit, &mut room);
            }
            Ok(())
        })?;
        watch.check()?;
        Ok(Answer {
            comparison: compare(&before.trees(), &after.trees()),
            found: [before.found, after.found],
            root: (others && after.found > 0).then(|| format!("{} {}", begins.0, begins.1)),
            begin_otherwise: all - after.found,
            unfinished,
        })
    }
}
