//! One trace as a page draws it: the tree in the order of its lines, times from the root's start, what is waited for, what is
//! folded, what is irregular.
//!
//! Columns, not objects: a hundred thousand spans are a few megabytes, and the page reads them without looking at each. Nothing is
//! corrected on the way: a span that starts before its parent has an offset that says so.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::critical_path::{critical_path, time_on_path};
use crate::fold::{self, fold};
use crate::self_time::self_times;
use crate::tree::{Index, Irregularity, Standing, Tree};
use crate::waterfall::{WAITS, extent};

/// Nanoseconds, possibly negative. A JSON number up to 2^53, beyond which JavaScript would round it, and then text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nanoseconds(pub i128);

impl Serialize for Nanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: i128 = 1 << 53;
        match i64::try_from(self.0) {
            Ok(number) if self.0.abs() <= EXACT => serializer.serialize_i64(number),
            _ => serializer.collect_str(&self.0),
        }
    }
}

/// A row: a span's place in the order in which the tree is drawn.
pub type Row = u32;

/// One trace, to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Drawing {
    /// The trace's id.
    pub trace_id: String,
    /// The start of the root in nanoseconds since 1970, as text. All offsets are from here.
    pub origin_unix_ns: String,
    /// The row of the root that the trace is named after.
    pub root: Row,
    /// How long the time axis is.
    pub extent: Nanoseconds,
    /// The services' names, by first appearance.
    pub services: Vec<String>,
    /// The spans' names, by first appearance.
    pub names: Vec<String>,
    /// Which of the names mean waiting for something, not doing it.
    pub waits: Vec<u32>,
    /// The spans, a row each.
    pub rows: Rows,
    /// The lines of the folded tree.
    pub folds: Folds,
    /// The critical path of the root: row, from, until.
    pub path: Vec<(Row, Nanoseconds, Nanoseconds)>,
    /// What is irregular: row, what, and the other span's row where there is one.
    pub irregular: Vec<(Row, &'static str, Option<Row>)>,
    /// Events: row, when, name.
    pub events: Vec<(Row, Nanoseconds, String)>,
    /// Links: row, the other trace's id, the other span's id.
    pub links: Vec<(Row, String, String)>,
}

/// The spans in columns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rows {
    /// Span ids.
    pub id: Vec<String>,
    /// The row of the parent; −1 if there is none.
    pub parent: Vec<i64>,
    /// An index into the services.
    pub service: Vec<u32>,
    /// An index into the names.
    pub name: Vec<u32>,
    /// Kinds as OTLP's numbers.
    pub kind: Vec<i32>,
    /// Status codes as OTLP's numbers.
    pub status: Vec<i32>,
    /// Start, from the origin.
    pub start: Vec<Nanoseconds>,
    /// Duration.
    pub duration: Vec<Nanoseconds>,
    /// Self time: when no child ran.
    pub own: Vec<Nanoseconds>,
    /// For how long the root waited for this span itself.
    pub path: Vec<Nanoseconds>,
}

/// The lines of the folded tree in columns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Folds {
    /// The row of the first member.
    pub first: Vec<Row>,
    /// How deep the line is.
    pub depth: Vec<u32>,
    /// The members of the lines that have more than one, by the line's place.
    pub members: Vec<(u32, Vec<Row>)>,
    /// The lines that would have been folded, were they not errors or much slower than their like.
    pub outliers: Vec<u32>,
}

impl Drawing {
    /// What is drawn of a trace; none if it has no span.
    pub fn of(tree: &Tree<'_>) -> Option<Self> {
        let root = tree.root()?;
        let origin = i128::from(tree.span(root).start_unix_ns);
        let order: Vec<Index> = tree.depth_first().collect();
        let mut row_of: Vec<Option<Row>> = vec![None; tree.spans().len()];
        for (row, index) in order.iter().enumerate() {
            row_of[*index] = u32::try_from(row).ok();
        }
        let row = |index: Index| row_of[index].unwrap_or_default();
        let since = |unix_ns: u64| Nanoseconds(i128::from(unix_ns) - origin);
        let segments = critical_path(tree, root);
        let (mut services, mut names) = (Words::default(), Words::default());
        let mut events = Vec::new();
        let mut links = Vec::new();
        for index in &order {
            let span = tree.span(*index);
            events.extend(
                span.events
                    .iter()
                    .map(|event| (row(*index), since(event.time_unix_ns), event.name.clone())),
            );
            links.extend(span.links.iter().map(|link| {
                let trace = link.trace_id.map_or_else(String::new, |id| id.to_string());
                let span = link.span_id.map_or_else(String::new, |id| id.to_string());
                (row(*index), trace, span)
            }));
        }
        let rows = rows(
            tree,
            &order,
            &row_of,
            &segments,
            &mut services,
            &mut names,
            origin,
        );
        let waiting = |(place, name): (usize, &String)| {
            WAITS
                .contains(&name.as_str())
                .then_some(u32::try_from(place).ok())?
        };
        Some(Self {
            trace_id: tree.span(root).trace_id.to_string(),
            origin_unix_ns: origin.to_string(),
            root: row(root),
            extent: Nanoseconds(extent(tree).into()),
            waits: names.list.iter().enumerate().filter_map(waiting).collect(),
            services: services.list,
            names: names.list,
            rows,
            folds: folds(tree, row),
            path: segments
                .iter()
                .map(|it| (row(it.span), since(it.start_unix_ns), since(it.end_unix_ns)))
                .collect(),
            irregular: tree
                .irregularities()
                .into_iter()
                .filter_map(|(index, what)| irregular(index, what, &row_of))
                .collect(),
            events,
            links,
        })
    }
}

fn rows(
    tree: &Tree<'_>,
    order: &[Index],
    row_of: &[Option<Row>],
    segments: &[crate::critical_path::Segment],
    services: &mut Words,
    names: &mut Words,
    origin: i128,
) -> Rows {
    let own = self_times(tree);
    let on_path = time_on_path(tree, segments);
    let mut rows = Rows::default();
    for index in order {
        let span = tree.span(*index);
        let parent = tree.parent(*index).and_then(|parent| row_of[parent]);
        rows.id.push(span.span_id.to_string());
        rows.parent.push(parent.map_or(-1, i64::from));
        rows.service.push(services.place(span.service()));
        rows.name.push(names.place(&span.name));
        rows.kind.push(span.kind.0);
        rows.status.push(span.status.code.0);
        rows.start
            .push(Nanoseconds(i128::from(span.start_unix_ns) - origin));
        rows.duration.push(Nanoseconds(span.duration_ns().into()));
        rows.own.push(Nanoseconds(own[*index].into()));
        rows.path.push(Nanoseconds(on_path[*index].into()));
    }
    rows
}

fn folds(tree: &Tree<'_>, row: impl Fn(Index) -> Row) -> Folds {
    let mut folds = Folds::default();
    for (place, line) in fold(tree, fold::Options::default()).iter().enumerate() {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        folds.first.push(row(line.members[0]));
        folds.depth.push(u32::try_from(line.depth).unwrap_or(u32::MAX));
        if line.members.len() > 1 {
            let members = line.members.iter().map(|index| row(*index)).collect();
            folds.members.push((place, members));
        }
        if line.outlier {
            folds.outliers.push(place);
        }
    }
    folds
}

/// A duplicate has no row of its own, so it is told of the span that it repeats.
fn irregular(
    index: Index,
    what: Irregularity,
    row_of: &[Option<Row>],
) -> Option<(Row, &'static str, Option<Row>)> {
    let row = row_of[index];
    Some(match what {
        Irregularity::Standing(Standing::Orphan) => (row?, "orphan", None),
        Irregularity::Standing(Standing::OwnParent) => (row?, "own-parent", None),
        Irregularity::Standing(Standing::Ring) => (row?, "ring", None),
        Irregularity::Standing(Standing::Duplicate(other)) => (row_of[other]?, "duplicate", None),
        Irregularity::Standing(Standing::Root | Standing::Child) => return None,
        Irregularity::SharedId(other) => (row?, "shared-id", row_of[other]),
        Irregularity::EndsBeforeStart => (row?, "ends-before-start", None),
        Irregularity::StartsBeforeParent => (row?, "starts-before-parent", None),
        Irregularity::StartsAfterParent => (row?, "starts-after-parent", None),
    })
}

/// Each text once, by its place.
#[derive(Default)]
struct Words {
    list: Vec<String>,
    places: HashMap<String, u32>,
}

impl Words {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
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

    #[test]
    fn rows_folds_and_path_speak_of_the_same_rows() {
        let mut spans = vec![span(1, 0, "root", 1_000, 900)];
        spans.extend((0..4).map(|n| span(10 + n, 1, "BEGIN", 1_100 + n * 100, 50)));
        spans.reverse();
        let drawing = Drawing::of(&Tree::of(&spans)).expect("spans");
        assert_eq!(
            (drawing.root, drawing.rows.parent.as_slice()),
            (0, &[-1, 0, 0, 0, 0][..])
        );
        assert_eq!(drawing.folds.first, [0, 1]);
        assert_eq!(drawing.folds.members, [(1, vec![1, 2, 3, 4])]);
        assert_eq!(drawing.waits, [1]);
        assert_eq!(drawing.rows.start[1], Nanoseconds(100));
        let length: i128 = drawing.path.iter().map(|(_, from, until)| until.0 - from.0).sum();
        assert_eq!(length, 900);
        assert_eq!(drawing.rows.own[0], Nanoseconds(700));
    }

    #[test]
    fn what_is_irregular_is_told_and_not_corrected() {
        let spans = [
            span(1, 0, "root", 1_000, 900),
            span(2, 1, "early", 400, 100),
            span(3, 99, "lost", 1_500, 10),
            span(2, 1, "early", 400, 100),
        ];
        let drawing = Drawing::of(&Tree::of(&spans)).expect("spans");
        let early = drawing.rows.start.iter().position(|it| it.0 == -600);
        assert_eq!(early, Some(1), "{:?}", drawing.rows.start);
        let mut kinds: Vec<&str> = drawing.irregular.iter().map(|(_, what, _)| *what).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["duplicate", "orphan", "starts-before-parent"]);
    }

    #[test]
    fn numbers_that_javascript_would_round_are_text() {
        let json = |number| serde_json::to_string(&Nanoseconds(number)).expect("JSON");
        assert_eq!(json(1 << 53), "9007199254740992");
        assert_eq!(json(-(1 << 53) - 1), "\"-9007199254740993\"");
        assert_eq!(json(i128::from(u64::MAX)), "\"18446744073709551615\"");
    }

    #[test]
    fn no_span_is_no_drawing() {
        assert!(Drawing::of(&Tree::of(&[])).is_none());
    }
}
