//! Folded stacks, which every flame graph tool reads: `service name;service name … microseconds`, a stack a line.
//!
//! The number is self time, so that a frame's width in the graph is the time that was spent in it and below it. Written
//! only: what was once summed up has no spans in it.

use std::collections::BTreeMap;

use super::Losses;
use crate::model::Span;
use crate::self_time::self_times;
use crate::tree::Tree;

/// What a folded stack says of a span is its name, its service and its self time.
pub const LOST: &str = "spans: all but service, name and self time, summed up by stack";

/// How many frames of a stack are written; a deeper one is cut and its deepest frame says so.
const DEEPEST: usize = 512;

/// The stacks of all traces, summed up, by name; times in microseconds.
pub fn write(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    let mut traces: BTreeMap<_, Vec<Span>> = BTreeMap::new();
    for span in spans {
        losses.add(LOST);
        traces.entry(span.trace_id).or_default().push(span.clone());
    }
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for spans in traces.values() {
        fold(spans, &mut stacks);
    }
    let mut out = Vec::new();
    for (stack, nanoseconds) in stacks {
        if nanoseconds >= 1000 {
            out.extend_from_slice(format!("{stack} {}\n", nanoseconds / 1000).as_bytes());
        }
    }
    out
}

fn fold(spans: &[Span], stacks: &mut BTreeMap<String, u64>) {
    let tree = Tree::of(spans);
    let own = self_times(&tree);
    // Where each frame of the present stack ends in the text, so that going back up is cutting it.
    let (mut text, mut ends): (String, Vec<usize>) = (String::new(), Vec::new());
    let mut waiting: Vec<_> = tree.roots().iter().rev().map(|root| (*root, 0)).collect();
    while let Some((index, depth)) = waiting.pop() {
        waiting.extend(tree.children(index).iter().rev().map(|child| (*child, depth + 1)));
        let depth = depth.min(DEEPEST);
        ends.truncate(depth);
        text.truncate(ends.last().copied().unwrap_or(0));
        if !text.is_empty() {
            text.push(';');
        }
        let span = tree.span(index);
        let frame = if depth == DEEPEST {
            "(deeper)".to_owned()
        } else {
            frame(span)
        };
        text.push_str(&frame);
        ends.push(text.len());
        if own[index] > 0 {
            *stacks.entry(text.clone()).or_default() += own[index];
        }
    }
}

/// A span's frame, without what separates frames and lines.
fn frame(span: &Span) -> String {
    let text = format!("{} {}", span.service(), span.name);
    text.trim()
        .chars()
        .map(|it| if it == ';' || it.is_control() { '_' } else { it })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SpanId, TraceId};

    fn span(id: u64, parent: u64, name: &str, start: u64, end: u64) -> Span {
        Span {
            trace_id: TraceId([1; 16]),
            span_id: SpanId(id.to_be_bytes()),
            parent_span_id: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
            name: name.to_owned(),
            start_unix_ns: start * 1000,
            end_unix_ns: end * 1000,
            ..Span::default()
        }
    }

    #[test]
    fn stacks_have_their_self_time_and_equal_ones_are_one() {
        let spans = [
            span(1, 0, "GET /", 0, 100),
            span(2, 1, "a;b", 10, 30),
            span(3, 1, "a;b", 40, 50),
            span(4, 2, "c", 15, 20),
        ];
        let mut losses = Losses::default();
        let text = String::from_utf8(write(&spans, &mut losses)).expect("text");
        assert_eq!(
            text,
            "unknown_service GET / 70\nunknown_service GET /;unknown_service a_b 25\n\
             unknown_service GET /;unknown_service a_b;unknown_service c 5\n"
        );
        assert_eq!(losses.count(LOST), 4);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_cut_and_says_so() {
        let spans: Vec<_> = (1..=100_000)
            .map(|id| span(id, id - 1, "n", id, 300_000 - id))
            .collect();
        let text = String::from_utf8(write(&spans, &mut Losses::default())).expect("text");
        assert_eq!(text.lines().count(), DEEPEST + 1);
        let total: u64 = text
            .lines()
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
            .sum();
        assert_eq!(total, 299_998);
    }
}
