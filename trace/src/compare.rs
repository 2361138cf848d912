//! Two groups of traces side by side: what appeared, vanished, repeats more, takes longer, and its share of the difference.
//!
//! Spans are aligned by their path from the root, each step of which is a service, a name and a kind; siblings of one path are one
//! line, with their number. All figures are per trace of the group.
//!
//! A line's share is told by the critical path: a trace's duration is the sum of the times that its spans are on the path
//! themselves, so the differences of those times add up to the difference of the durations. A child that grew is not counted
//! again in its parents.

use std::collections::HashMap;

use serde::Serialize;

use crate::critical_path::{critical_path, time_on_path};
use crate::model::Kind;
use crate::self_time::self_times;
use crate::tree::{Index, Tree};

/// What became of a line from the first group to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is in the second group alone.
    Appeared,
    /// It is in the first group alone.
    Vanished,
    /// There are at least half as many again.
    RepeatsMore,
    /// There were at least half as many again.
    RepeatsLess,
    /// Its own time is longer.
    TakesLonger,
    /// Its own time is shorter.
    TakesLess,
    /// None of these.
    Same,
}

/// The figures of one line in one group, per trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How many spans.
    pub count: f64,
    /// Their durations, in nanoseconds.
    pub total_ns: f64,
    /// Their self times, in nanoseconds.
    pub own_ns: f64,
    /// How long the root waited for them themselves, in nanoseconds.
    pub path_ns: f64,
}

/// One line: the spans of one path from the root.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// How deep it is.
    pub depth: usize,
    /// The service.
    pub service: String,
    /// The span's name.
    pub name: String,
    /// The kind, as OTLP's number.
    pub kind: i32,
    /// In the first group.
    pub before: Figures,
    /// In the second group.
    pub after: Figures,
    /// What became of it.
    pub change: Change,
    /// Its part of the difference between the two groups' durations; none where there is hardly a difference.
    pub share: Option<f64>,
}

/// Two groups of traces, aligned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How many traces each group has.
    pub traces: [usize; 2],
    /// The mean duration of each group's roots, in nanoseconds.
    pub duration_ns: [f64; 2],
    /// The lines, parents before their children; siblings by when they first start.
    pub lines: Vec<Line>,
}

/// Two groups whose durations differ by less than this part do not differ enough to share the difference out.
const HARDLY: f64 = 0.02;
/// A line's own time must differ by this part of itself …
const NOTICEABLE: f64 = 0.25;
/// … and by this part of the longer group's duration.
const WORTH: f64 = 0.02;
/// How much more often a line must be there to repeat.
const REPEATS: f64 = 1.5;

/// Compares two groups. Traces without spans count as absent.
pub fn compare(before: &[Tree<'_>], after: &[Tree<'_>]) -> Comparison {
    let sides = [Side::of(before), Side::of(after)];
    let duration_ns = [sides[0].mean_duration(), sides[1].mean_duration()];
    let difference = duration_ns[1] - duration_ns[0];
    let longer = duration_ns[0].max(duration_ns[1]);
    let shared = difference.abs() > longer * HARDLY;
    let mut lines = Vec::new();
    let roots = [sides[0].roots(), sides[1].roots()];
    let mut waiting = groups(&sides, roots, 0);
    while let Some(group) = waiting.pop() {
        let [before, after] = [0, 1].map(|side| sides[side].figures(&group.members[side]));
        lines.push(Line {
            depth: group.depth,
            service: group.key.0.to_owned(),
            name: group.key.1.to_owned(),
            kind: group.key.2.0,
            change: change(&before, &after, longer),
            share: shared.then(|| (after.path_ns - before.path_ns) / difference),
            before,
            after,
        });
        let children = [0, 1].map(|side| sides[side].children(&group.members[side]));
        waiting.extend(groups(&sides, children, group.depth + 1));
    }
    Comparison {
        traces: [sides[0].traces.len(), sides[1].traces.len()],
        duration_ns,
        lines,
    }
}

fn change(before: &Figures, after: &Figures, duration: f64) -> Change {
    let difference = after.own_ns - before.own_ns;
    let noticeable = difference.abs() > before.own_ns * NOTICEABLE && difference.abs() > duration * WORTH;
    let more = |one: f64, other: f64| one >= other * REPEATS && one - other >= 0.5;
    match (before.count, after.count) {
        (0.0, _) => Change::Appeared,
        (_, 0.0) => Change::Vanished,
        (before, after) if more(after, before) => Change::RepeatsMore,
        (before, after) if more(before, after) => Change::RepeatsLess,
        _ if noticeable && difference > 0.0 => Change::TakesLonger,
        _ if noticeable => Change::TakesLess,
        _ => Change::Same,
    }
}

type Key<'a> = (&'a str, &'a str, Kind);
/// A span of a group: which trace, and where in it.
type Member = (usize, Index);

/// The spans of both groups that are at one path.
struct Group<'a> {
    key: Key<'a>,
    members: [Vec<Member>; 2],
    depth: usize,
    /// When the first of them starts, from its root's start.
    first: i128,
}

/// Siblings by key, in the order in which a stack gives back what starts first.
fn groups<'a>(sides: &[Side<'a>; 2], members: [Vec<Member>; 2], depth: usize) -> Vec<Group<'a>> {
    let mut by_key: HashMap<Key<'a>, Group<'a>> = HashMap::new();
    for (side, members) in members.into_iter().enumerate() {
        for member in members {
            let (key, start) = (sides[side].key(member), sides[side].start(member));
            let group = by_key.entry(key).or_insert_with(|| Group {
                key,
                members: [Vec::new(), Vec::new()],
                depth,
                first: start,
            });
            group.first = group.first.min(start);
            group.members[side].push(member);
        }
    }
    let mut groups: Vec<Group<'a>> = by_key.into_values().collect();
    groups.sort_by(|one, other| (other.first, other.key).cmp(&(one.first, one.key)));
    groups
}

/// One group of traces with what is known of each.
struct Side<'a> {
    traces: Vec<Known<'a>>,
}

struct Known<'a> {
    tree: &'a Tree<'a>,
    root: Index,
    own: Vec<u64>,
    on_path: Vec<u64>,
}

impl<'a> Side<'a> {
    fn of(trees: &'a [Tree<'a>]) -> Self {
        let known = |tree: &'a Tree<'a>| {
            let root = tree.root()?;
            Some(Known {
                tree,
                root,
                own: self_times(tree),
                on_path: time_on_path(tree, &critical_path(tree, root)),
            })
        };
        Self {
            traces: trees.iter().filter_map(known).collect(),
        }
    }

    fn per_trace(&self, sum: f64) -> f64 {
        if self.traces.is_empty() {
            0.0
        } else {
            sum / self.traces.len() as f64
        }
    }

    fn mean_duration(&self) -> f64 {
        let durations = self
            .traces
            .iter()
            .map(|it| it.tree.span(it.root).duration_ns() as f64);
        self.per_trace(durations.sum())
    }

    fn roots(&self) -> Vec<Member> {
        let of_trace = |(place, it): (usize, &Known<'a>)| {
            it.tree
                .roots()
                .iter()
                .map(move |root| (place, *root))
                .collect::<Vec<_>>()
        };
        self.traces.iter().enumerate().flat_map(of_trace).collect()
    }

    fn children(&self, members: &[Member]) -> Vec<Member> {
        let below = |(place, index): &Member| {
            let children = self.traces[*place].tree.children(*index);
            children.iter().map(|child| (*place, *child)).collect::<Vec<_>>()
        };
        members.iter().flat_map(below).collect()
    }

    fn key(&self, (place, index): Member) -> Key<'a> {
        let span = self.traces[place].tree.span(index);
        (span.service(), &span.name, span.kind)
    }

    fn start(&self, (place, index): Member) -> i128 {
        let Known { tree, root, .. } = &self.traces[place];
        i128::from(tree.span(index).start_unix_ns) - i128::from(tree.span(*root).start_unix_ns)
    }

    fn figures(&self, members: &[Member]) -> Figures {
        let sum = |of: &dyn Fn(&Known<'a>, Index) -> u64| {
            let values = members
                .iter()
                .map(|(place, index)| of(&self.traces[*place], *index) as f64);
            self.per_trace(values.sum())
        };
        Figures {
            count: self.per_trace(members.len() as f64),
            total_ns: sum(&|it, index| it.tree.span(index).duration_ns()),
            own_ns: sum(&|it, index| it.own[index]),
            path_ns: sum(&|it, index| it.on_path[index]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;
    use crate::model::Span;

    fn span(id: u64, parent: u64, name: &str, start: u64, duration: u64) -> Span {
        Span {
            span_id: SpanId(id.to_be_bytes()),
            parent_span_id: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
            name: name.to_owned(),
            start_unix_ns: start,
            end_unix_ns: start + duration,
            ..Span::default()
        }
    }

    fn healthy() -> Vec<Span> {
        vec![
            span(1, 0, "GET /orders", 0, 100),
            span(2, 1, "SELECT orders", 10, 20),
            span(3, 1, "SELECT items", 40, 20),
            span(4, 1, "audit", 70, 10),
        ]
    }

    fn line<'a>(comparison: &'a Comparison, name: &str) -> &'a Line {
        let found = comparison.lines.iter().find(|line| line.name == name);
        found.expect("a line of that name")
    }

    #[test]
    fn what_repeats_takes_longer_appears_and_vanishes_is_told_with_its_share() {
        let mut affected = vec![
            span(1, 0, "GET /orders", 0, 400),
            span(2, 1, "SELECT orders", 10, 90),
            span(5, 1, "retry", 350, 30),
        ];
        affected.extend((0..10).map(|n| span(10 + n, 1, "SELECT items", 110 + n * 20, 20)));
        let (healthy, affected) = (healthy(), affected);
        let comparison = compare(&[Tree::of(&healthy)], &[Tree::of(&affected)]);
        let change = |name| line(&comparison, name).change;
        assert_eq!(change("SELECT items"), Change::RepeatsMore);
        assert_eq!(change("SELECT orders"), Change::TakesLonger);
        assert_eq!(change("retry"), Change::Appeared);
        assert_eq!(change("audit"), Change::Vanished);
        assert_eq!(comparison.duration_ns, [100.0, 400.0]);
        let share = |name| line(&comparison, name).share.expect("a share");
        assert!((share("SELECT items") - 180.0 / 300.0).abs() < 1e-9);
        let sum: f64 = comparison.lines.iter().filter_map(|line| line.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn a_group_with_itself_has_no_change_and_no_share() {
        let spans = healthy();
        let group = [Tree::of(&spans), Tree::of(&spans)];
        let comparison = compare(&group, &group[..1]);
        assert_eq!(comparison.traces, [2, 1]);
        assert!(
            comparison
                .lines
                .iter()
                .all(|line| line.change == Change::Same && line.share.is_none())
        );
        let names: Vec<&str> = comparison.lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["GET /orders", "SELECT orders", "SELECT items", "audit"]);
    }

    #[test]
    fn an_empty_group_is_compared_all_the_same() {
        let spans = healthy();
        let comparison = compare(&[Tree::of(&[])], &[Tree::of(&spans)]);
        assert_eq!(comparison.traces, [0, 1]);
        assert!(
            comparison
                .lines
                .iter()
                .all(|line| line.change == Change::Appeared)
        );
        assert_eq!(compare(&[], &[]).lines, []);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_as_many_lines() {
        let spans: Vec<_> = (1..=100_000)
            .map(|id| span(id, id - 1, "deep", id, 300_000 - 2 * id))
            .collect();
        let trees = [Tree::of(&spans)];
        assert_eq!(compare(&trees, &trees).lines.len(), 100_000);
    }
}
