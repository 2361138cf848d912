//! Traces put together from spans that come in any order, in bounded memory: when there are too many spans to hold, the
//! source is read several times, and each time only a part of the traces is held.

use std::collections::HashMap;

use trace::{Span, TraceId};

use crate::Failure;

/// How many spans are held at once; about a kilobyte each.
const HELD: usize = 40_000;

/// Gives every trace to `visit` once, whole. `read` gives all spans to what it is handed, each time it is called.
///
/// # Errors
///
/// What `read` failed with.
pub fn each(
    mut read: impl FnMut(&mut dyn FnMut(Span)) -> Result<(), Failure>,
    visit: impl FnMut(TraceId, Vec<Span>),
) -> Result<(), Failure> {
    each_holding(HELD, &mut read, visit)
}

fn each_holding(
    held: usize,
    read: &mut impl FnMut(&mut dyn FnMut(Span)) -> Result<(), Failure>,
    mut visit: impl FnMut(TraceId, Vec<Span>),
) -> Result<(), Failure> {
    let mut parts = 1;
    let mut part = 0;
    while part < parts {
        let mut traces: HashMap<TraceId, Vec<Span>> = HashMap::new();
        let mut count = 0;
        read(&mut |span| {
            if part_of(span.trace_id, parts) != part {
                return;
            }
            count += 1;
            traces.entry(span.trace_id).or_default().push(span);
            // Only the first reading can split further, since what it has not visited yet is not visited twice. A single
            // trace is held whatever its size.
            while part == 0 && count > held && traces.len() > 1 && parts < MOST_PARTS {
                parts *= 2;
                traces.retain(|id, _| part_of(*id, parts) == 0);
                count = traces.values().map(Vec::len).sum();
            }
        })?;
        let mut traces: Vec<_> = traces.into_iter().collect();
        traces.sort_unstable_by_key(|(id, _)| *id);
        for (id, spans) in traces {
            visit(id, spans);
        }
        part += 1;
    }
    Ok(())
}

/// Into how many parts traces are split at most.
const MOST_PARTS: u64 = 1 << 16;

/// Which part a trace belongs to. Ids are random in their last bytes, and mixed in case they are not.
fn part_of(id: TraceId, parts: u64) -> u64 {
    let number = u128::from_be_bytes(id.0);
    let mixed = ((number >> 64) as u64 ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trace_is_visited_once_and_whole_however_little_is_held() {
        let spans: Vec<Span> = (0..3000u64)
            .map(|number| Span {
                trace_id: TraceId(u128::from(number % 700 + 1).to_be_bytes()),
                start_unix_ns: number,
                ..Span::default()
            })
            .collect();
        for held in [1, 10, 500, 10_000] {
            let mut readings = 0;
            let mut seen = HashMap::new();
            let mut read = |give: &mut dyn FnMut(Span)| {
                readings += 1;
                spans.iter().cloned().for_each(give);
                Ok(())
            };
            each_holding(held, &mut read, |id, spans| {
                assert!(spans.iter().all(|span| span.trace_id == id));
                assert_eq!(seen.insert(id, spans.len()), None);
            })
            .expect("nothing fails");
            assert_eq!(seen.len(), 700);
            assert_eq!(seen.values().sum::<usize>(), 3000);
            assert_eq!(readings == 1, held >= 3000, "{readings} readings holding {held}");
        }
    }
}
