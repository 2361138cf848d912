//! Who called whom by Zipkin's rules (`zipkin2.internal.DependencyLinker`): by the names that spans give to their own and to
//! the other side, so that databases and queues that send no spans are called too.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use trace::{Kind, SpanId};

use super::super::work::{Stopped, Watch, newest_first};
use super::remote_service;
use super::search::timestamp;
use crate::ingest::Lab;
use crate::store::fields_of_span::Basics;
use crate::store::{StoredSpan, TraceSpans};

/// The most pairs of callers and called that are told apart.
const MOST_LINKS: usize = 5_000;

/// How often one called another, and how often that failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    pub calls: u64,
    pub errors: u64,
}

/// Calls by caller and called, in lower case.
pub type Links = BTreeMap<(String, String), Calls>;

/// The links of all traces that began in a time.
pub fn links(lab: &Lab, watch: &Watch, time: &RangeInclusive<u64>) -> Result<Links, Stopped> {
    let mut links = Links::new();
    newest_first(lab, watch, |trace| {
        if time.contains(&timestamp(trace)) {
            add_trace(&mut links, trace);
        }
        Ok(())
    })?;
    Ok(links)
}

fn add_trace(links: &mut Links, trace: &TraceSpans) {
    let spans: Vec<(StoredSpan<'_>, Basics<'_>)> = trace.iter().map(|span| (span, span.basics())).collect();
    let parents = parents(&spans);
    let mut has_children = vec![false; spans.len()];
    for parent in parents.iter().flatten() {
        has_children[*parent] = true;
    }
    let above = remote_ancestors(&parents, |position| is_remote(Kind(spans[position].1.kind)));
    for (position, (span, basics)) in spans.iter().enumerate() {
        // The one who answered says better who it was.
        if Kind(basics.kind) == Kind::CLIENT && has_children[position] {
            continue;
        }
        add_span(links, span, basics, above[position].map(|above| &spans[above]));
    }
}

/// Adds the call that a span is, `above` being the nearest above it that is one side of a call.
fn add_span(
    links: &mut Links,
    span: &StoredSpan<'_>,
    basics: &Basics<'_>,
    above: Option<&(StoredSpan<'_>, Basics<'_>)>,
) {
    let (service, remote) = (service(span), remote_service(span));
    let kind = match Kind(basics.kind) {
        kind if is_remote(kind) => kind,
        // What names both sides is taken for the caller.
        _ if service.is_some() && remote.is_some() => Kind::CLIENT,
        _ => return,
    };
    let is_error = basics.is_error();
    let (caller, called) = match kind {
        Kind::SERVER | Kind::CONSUMER => (remote, service),
        _ => (service, remote),
    };
    if matches!(kind, Kind::PRODUCER | Kind::CONSUMER) {
        return add(links, caller, called, is_error);
    }
    let Some((above, above_basics)) = above else {
        return add(links, caller, called, is_error);
    };
    let name_above = self::service(above);
    if kind == Kind::CLIENT && caller.is_some() && name_above.is_some() && caller != name_above {
        // The span in between is missing. Whether it failed is not known.
        add(links, name_above.clone(), caller.clone(), false);
    }
    let failed_above = Kind(above_basics.kind) == Kind::CLIENT
        && span.parent == above.span_id
        && above_basics.is_error()
        && name_above.is_some();
    let caller = match (kind, caller) {
        (Kind::CLIENT, Some(caller)) => Some(caller),
        (_, caller) => name_above.or(caller),
    };
    add(links, caller, called, is_error || failed_above);
}

fn add(links: &mut Links, caller: Option<String>, called: Option<String>, is_error: bool) {
    let (Some(caller), Some(called)) = (caller, called) else {
        return;
    };
    let key = (caller, called);
    if links.len() >= MOST_LINKS && !links.contains_key(&key) {
        return;
    }
    let link = links.entry(key).or_default();
    link.calls += 1;
    link.errors += u64::from(is_error);
}

fn service(span: &StoredSpan<'_>) -> Option<String> {
    let name = span.origin.service();
    (!name.is_empty()).then(|| name.to_lowercase())
}

fn is_remote(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CLIENT | Kind::SERVER | Kind::PRODUCER | Kind::CONSUMER
    )
}

/// Where each span's parent is. A server that shares its client's id is below it, and what has no parent here is below the
/// first root.
fn parents(spans: &[(StoredSpan<'_>, Basics<'_>)]) -> Vec<Option<usize>> {
    let mut clients: HashMap<SpanId, usize> = HashMap::new();
    for (position, (span, basics)) in spans.iter().enumerate() {
        if Kind(basics.kind) == Kind::CLIENT {
            clients.entry(span.span_id).or_insert(position);
        }
    }
    let client_of = |(span, basics): &(StoredSpan<'_>, Basics<'_>)| {
        let is_server = Kind(basics.kind) == Kind::SERVER;
        is_server.then(|| clients.get(&span.span_id).copied()).flatten()
    };
    let mut alone: HashMap<SpanId, usize> = HashMap::new();
    let mut sharing: HashMap<(SpanId, &str), usize> = HashMap::new();
    let mut root = None;
    for (position, each) in spans.iter().enumerate() {
        let (span, _) = each;
        if client_of(each).is_some() {
            sharing
                .entry((span.span_id, span.origin.service()))
                .or_insert(position);
            continue;
        }
        alone.entry(span.span_id).or_insert(position);
        if root.is_none() && !span.parent.is_valid() {
            root = Some(position);
        }
    }
    let parent_of = |(position, each): (usize, &(StoredSpan<'_>, Basics<'_>))| {
        let (span, _) = each;
        let of_same_service = sharing.get(&(span.parent, span.origin.service())).copied();
        client_of(each)
            .or(of_same_service)
            .or_else(|| alone.get(&span.parent).copied())
            .or(root)
            .filter(|parent| *parent != position && root != Some(position))
    };
    spans.iter().enumerate().map(parent_of).collect()
}

/// For each span the nearest above it that is one side of a call.
fn remote_ancestors(parents: &[Option<usize>], is_remote: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut found: Vec<Option<Option<usize>>> = vec![None; parents.len()];
    let mut way = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        let nearest = loop {
            if let Some(known) = found[at] {
                break known;
            }
            // Nothing, until it is known: where parents go round in a circle there is none.
            found[at] = Some(None);
            way.push(at);
            match parents[at] {
                Some(parent) if !is_remote(parent) => at = parent,
                nearest => break nearest,
            }
        };
        for position in way.drain(..) {
            found[position] = Some(nearest);
        }
    }
    found.into_iter().map(Option::flatten).collect()
}

#[cfg(test)]
mod tests {
    use super::remote_ancestors;

    #[test]
    fn the_nearest_remote_one_is_found_whatever_the_shape() {
        // 0 is remote; 1 and 2 hang below it, 3 is remote below 2; 4 and 5 are each other's parents.
        let parents = [None, Some(0), Some(1), Some(2), Some(5), Some(4)];
        let found = remote_ancestors(&parents, |position| [0, 3].contains(&position));
        assert_eq!(found, [None, Some(0), Some(0), Some(0), None, None]);
        let chain: Vec<_> = (0..100_000_usize)
            .map(|position| position.checked_sub(1))
            .collect();
        let found = remote_ancestors(&chain, |position| position == 0);
        assert!(found[1..].iter().all(|nearest| *nearest == Some(0)));
    }
}
