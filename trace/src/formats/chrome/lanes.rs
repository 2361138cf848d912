//! Which thread a span is drawn on: below its parent where it lies within it, and otherwise on one that is free, since
//! viewers can only draw what nests.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::model::Span;

/// The thread of each span, from 1, by position. `process` tells the process of each.
pub fn lanes(spans: &[Span], process: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|place| (spans[*place].start_unix_ns, Reverse(end(&spans[*place])), *place));
    let mut processes: HashMap<usize, Process> = HashMap::new();
    let mut lanes = vec![0; spans.len()];
    let mut placed = HashMap::with_capacity(spans.len());
    for place in order {
        let span = &spans[place];
        let threads = processes.entry(process[place]).or_default();
        let parent = span.parent().and_then(|parent| {
            let key = (span.trace_id, parent);
            placed
                .get(&key)
                .filter(|(of, _)| *of == process[place])
                .map(|(_, lane)| *lane)
        });
        lanes[place] = threads.place(span, parent);
        placed.insert((span.trace_id, span.span_id), (process[place], lanes[place]));
    }
    lanes
}

/// A span that ends before it starts is drawn as one that takes no time.
fn end(span: &Span) -> u64 {
    span.end_unix_ns.max(span.start_unix_ns)
}

/// The threads of one process: of each, the ends of what is open on it, the outermost first.
#[derive(Default)]
struct Process {
    open: Vec<Vec<u64>>,
    /// When each thread is free again, the first to be free first.
    free: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Process {
    fn place(&mut self, span: &Span, parent: Option<usize>) -> usize {
        let (start, end) = (span.start_unix_ns, end(span));
        if let Some(lane) = parent {
            let open = &mut self.open[lane - 1];
            while open.len() > 1 && open.last().is_some_and(|until| *until <= start) {
                open.pop();
            }
            if open.last().is_some_and(|until| *until >= end && *until > start) {
                open.push(end);
                return lane;
            }
        }
        let lane = match self.free.peek() {
            Some(Reverse((until, lane))) if *until <= start => {
                let lane = *lane;
                self.free.pop();
                lane
            }
            _ => {
                self.open.push(Vec::new());
                self.open.len()
            }
        };
        self.open[lane - 1] = vec![end];
        self.free.push(Reverse((end, lane)));
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;

    #[test]
    fn what_nests_shares_a_thread_and_what_overlaps_does_not() {
        let span = |id: u8, parent: u8, start, end| Span {
            span_id: SpanId([id; 8]),
            parent_span_id: Some(SpanId([parent; 8])),
            start_unix_ns: start,
            end_unix_ns: end,
            ..Span::default()
        };
        let spans = [
            span(1, 0, 0, 100),
            span(2, 1, 10, 50),
            span(3, 1, 20, 60),
            span(4, 1, 60, 90),
            span(5, 9, 70, 80),
        ];
        assert_eq!(lanes(&spans, &[1; 5]), [1, 1, 2, 1, 2]);
        assert_eq!(lanes(&spans, &[1, 2, 2, 1, 1])[1..3], [1, 2]);
    }
}
