//! What else went on at a service while one of its spans ran. Who waits for a lock, a connection or a worker waits for another request,
//! whose trace is another one: here the two meet.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::id::{SpanId, TraceId};
use crate::model::{Kind, Span};
use crate::self_time::self_time_within;
use crate::tree::{Index, Tree};
use crate::waterfall::WAITS;

/// How many things are told that a request did.
const MOST_DONE: usize = 3;
/// In how many stretches of its transactions is looked for what a request did, the longest: a trace that was made up to be slow is not.
const MOST_STRETCHES: usize = 100;

/// The time and the place that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The service.
    pub service: String,
    /// From when on, in nanoseconds since 1970.
    pub from_unix_ns: u64,
    /// Until when.
    pub until_unix_ns: u64,
    /// The request that the span belongs to, which is not another one.
    own: (TraceId, SpanId),
}

/// Another request that ran at that time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Other {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its span at the service.
    pub span_id: SpanId,
    /// The name of that span.
    pub name: String,
    /// How much of the time it ran.
    pub together_ns: u64,
    /// How long of that it waited itself, for a lock, a queue or a connection.
    pub waited_ns: u64,
    /// How long of that it had a transaction open, from the end of `BEGIN` to that of `COMMIT` or `ROLLBACK`, and did not wait in it.
    pub transaction_ns: u64,
    /// What it did most other than waiting, in its transactions if it had any: names of its spans with their self time.
    pub did: Vec<Did>,
    #[serde(skip)]
    held: Vec<Stretch>,
}

/// From when until when, in nanoseconds since 1970.
type Stretch = (u64, u64);

/// Something that a request did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Did {
    /// The spans' name.
    pub name: String,
    /// For how long, in nanoseconds.
    pub ns: u64,
}

impl Other {
    /// Whether it did little but wait.
    pub fn waited(&self) -> bool {
        self.waited_ns * 2 > self.together_ns && self.transaction_ns * 20 < self.together_ns
    }

    /// How much it may have been what others waited for, to be sorted by.
    fn weight(&self) -> (u64, u64) {
        (
            self.transaction_ns,
            self.together_ns.saturating_sub(self.waited_ns),
        )
    }
}

impl Moment {
    /// When and where a span of this trace ran.
    pub fn of(tree: &Tree<'_>, index: Index) -> Self {
        let span = tree.span(index);
        let mut request = index;
        while !is_request(tree, request) {
            let Some(parent) = tree.parent(request) else { break };
            request = parent;
        }
        let request = tree.span(request);
        Self {
            service: span.service().to_owned(),
            from_unix_ns: span.start_unix_ns,
            until_unix_ns: span.end_unix_ns,
            own: (request.trace_id, request.span_id),
        }
    }

    /// Whether a span that runs from one time to another runs at that moment.
    pub fn overlaps(&self, start_unix_ns: u64, end_unix_ns: u64) -> bool {
        start_unix_ns < self.until_unix_ns && end_unix_ns > self.from_unix_ns
    }

    /// The other requests at the service among a trace's.
    pub fn others(&self, tree: &Tree<'_>) -> Vec<Other> {
        let requests = tree.depth_first().filter(|index| {
            let span = tree.span(*index);
            span.service() == self.service
                && self.overlaps(span.start_unix_ns, span.end_unix_ns)
                && is_request(tree, *index)
                && (span.trace_id, span.span_id) != self.own
        });
        requests.map(|request| self.other(tree, request)).collect()
    }

    fn other(&self, tree: &Tree<'_>, request: Index) -> Other {
        let is_wait = |index: Index| WAITS.contains(&tree.span(index).name.as_str());
        let (mut spans, mut waits) = (Vec::new(), Vec::new());
        let mut open = vec![request];
        while let Some(index) = open.pop() {
            if is_wait(index) {
                // With all that is below it, such as the statement that locks.
                waits.push(stretch(tree.span(index)));
            } else {
                // What others do for it is their affair.
                let children = tree.children(index).iter();
                open.extend(children.filter(|child| !is_request(tree, **child)));
            }
            spans.push(index);
        }
        spans.sort_by_key(|index| tree.span(*index).start_unix_ns);
        waits.sort_unstable();
        let span = tree.span(request);
        let open = transactions(spans.iter().map(|index| tree.span(*index)), span.end_unix_ns);
        let held = without(open, &waits).into_iter().map(|it| self.cut(it));
        let held: Vec<Stretch> = held.filter(|it| length(*it) > 0).collect();
        let mut told = held.clone();
        told.sort_by_key(|it| Reverse(length(*it)));
        told.truncate(MOST_STRETCHES);
        if told.is_empty() {
            told.push((self.from_unix_ns, self.until_unix_ns));
        }
        let mut did = HashMap::<&str, u64>::new();
        for index in spans.into_iter().filter(|index| !is_wait(*index)) {
            let own = told.iter().map(|within| self_time_within(tree, index, *within));
            *did.entry(&tree.span(index).name).or_default() += own.sum::<u64>();
        }
        Other {
            trace_id: span.trace_id,
            span_id: span.span_id,
            name: span.name.clone(),
            together_ns: length(self.cut(stretch(span))),
            waited_ns: covered(waits.into_iter().map(|it| self.cut(it))),
            transaction_ns: covered(held.iter().copied()),
            did: most(did),
            held,
        }
    }

    /// What of a stretch lies within the time.
    fn cut(&self, (from, until): Stretch) -> Stretch {
        (from.max(self.from_unix_ns), until.min(self.until_unix_ns))
    }
}

fn stretch(span: &Span) -> Stretch {
    (span.start_unix_ns, span.end_unix_ns)
}

fn length((from, until): Stretch) -> u64 {
    until.saturating_sub(from)
}

/// How long stretches are together that are sorted by their start; where several are at once counts once.
fn covered(sorted: impl Iterator<Item = Stretch>) -> u64 {
    let mut covered_until = 0;
    let lengths = sorted.map(|(from, until)| {
        let length = until.saturating_sub(from.max(covered_until));
        covered_until = covered_until.max(until);
        length
    });
    lengths.sum()
}

/// Stretches without what of them lies in others; both are sorted.
fn without(stretches: Vec<Stretch>, others: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    let mut at = 0;
    for (mut from, until) in stretches {
        while let Some((other_from, other_until)) = others.get(at).filter(|other| other.0 < until) {
            left.push((from, *other_from));
            from = from.max(*other_until);
            if *other_until > until {
                break;
            }
            at += 1;
        }
        left.push((from, until));
    }
    left.retain(|it| length(*it) > 0);
    left
}

/// When a request had a transaction open, by its spans in their order. One that nothing ends lasts as long as the request.
fn transactions<'s>(spans: impl Iterator<Item = &'s Span>, request_end_unix_ns: u64) -> Vec<Stretch> {
    let mut since: Option<u64> = None;
    let mut found = Vec::new();
    for span in spans {
        match operation(span).as_str() {
            "BEGIN" | "START" if !span.is_error() => since = since.or(Some(span.end_unix_ns)),
            "COMMIT" | "ROLLBACK" => found.extend(since.take().map(|since| (since, span.end_unix_ns))),
            _ => {}
        }
    }
    found.extend(since.map(|since| (since, request_end_unix_ns)));
    found
}

/// The names with the longest times.
fn most(times: HashMap<&str, u64>) -> Vec<Did> {
    let mut did: Vec<Did> = times
        .into_iter()
        .filter(|(_, ns)| *ns > 0)
        .map(|(name, ns)| Did {
            name: name.to_owned(),
            ns,
        })
        .collect();
    did.sort_by(|one, other| other.ns.cmp(&one.ns).then_with(|| one.name.cmp(&other.name)));
    did.truncate(MOST_DONE);
    did
}

/// For how long at least one of the requests had a transaction open and did not wait in it, in nanoseconds.
pub fn in_transactions_ns(others: &[Other]) -> u64 {
    let mut all: Vec<Stretch> = others
        .iter()
        .flat_map(|other| other.held.iter().copied())
        .collect();
    all.sort_unstable();
    covered(all.into_iter())
}

/// Those first that others are most likely to have waited for: the longer in a transaction, then the longer at work.
pub fn sort(others: &mut [Other]) {
    others.sort_by(|one, other| {
        let id = |it: &Other| (it.trace_id, it.span_id);
        other
            .weight()
            .cmp(&one.weight())
            .then_with(|| id(one).cmp(&id(other)))
    });
}

/// Whether a span is where its service was asked: by another service, from outside, or by a message.
fn is_request(tree: &Tree<'_>, index: Index) -> bool {
    let span = tree.span(index);
    matches!(span.kind, Kind::SERVER | Kind::CONSUMER)
        || tree
            .parent(index)
            .is_none_or(|parent| tree.span(parent).service() != span.service())
}

/// A statement's first word, if it was sent to a database.
fn operation(span: &Span) -> String {
    let is_database = ["db.system.name", "db.system"]
        .iter()
        .any(|key| span.attribute(key).is_some());
    let word = span.name.split_whitespace().next().unwrap_or_default();
    if is_database {
        word.to_ascii_uppercase()
    } else {
        String::new()
    }
}
