//! Statistics over a set of traces: per service and operation, how often, how long, how long by itself, and what part of
//! what the callers waited for.
//!
//! Two cohorts, such as the affected and the healthy requests of a run, are two of these side by side.

use std::collections::HashMap;

use crate::critical_path::critical_path;
use crate::self_time::self_times;
use crate::tree::Tree;

/// What is gathered over traces, one added after another.
#[derive(Debug, Clone, Default)]
pub struct Cohort {
    traces: u64,
    on_path_ns: u128,
    operations: HashMap<String, HashMap<String, Gathered>>,
}

#[derive(Debug, Clone, Default)]
struct Gathered {
    durations: Vec<u64>,
    errors: u64,
    self_ns: u128,
    on_path_ns: u128,
}

/// One operation of one service, over all traces of a cohort.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Operation {
    /// The service.
    pub service: String,
    /// The spans' name.
    pub name: String,
    /// How many spans there are of it.
    pub count: u64,
    /// How many of them are errors.
    pub errors: u64,
    /// Their durations together, in nanoseconds. Spans within one another both count.
    pub total_ns: u128,
    /// What of that no child accounts for.
    pub self_ns: u128,
    /// The median duration (nearest rank), in nanoseconds.
    pub p50_ns: u64,
    /// The 95th percentile of the durations (nearest rank), in nanoseconds.
    pub p95_ns: u64,
    /// How long it was what a trace's root waited for, in nanoseconds over all traces.
    pub critical_path_ns: u128,
    /// That as a share of all traces' critical paths together, from 0 to 1.
    pub critical_path_share: f64,
}

impl Cohort {
    /// Adds one trace. The critical path is that of its root, [`Tree::root`]; spans that came twice count once.
    pub fn add(&mut self, tree: &Tree<'_>) {
        let Some(root) = tree.root() else { return };
        self.traces += 1;
        let own = self_times(tree);
        for index in tree.depth_first() {
            let span = tree.span(index);
            let gathered = self.gathered(span.service(), &span.name);
            gathered.durations.push(span.duration_ns());
            gathered.errors += u64::from(span.is_error());
            gathered.self_ns += u128::from(own[index]);
        }
        for segment in critical_path(tree, root) {
            let span = tree.span(segment.span);
            let duration = u128::from(segment.duration_ns());
            self.gathered(span.service(), &span.name).on_path_ns += duration;
            self.on_path_ns += duration;
        }
    }

    /// How many traces were added that have a span.
    pub fn traces(&self) -> u64 {
        self.traces
    }

    /// The operations, by what they contribute to the critical path, the most first.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations: Vec<Operation> = Vec::new();
        for (service, names) in &self.operations {
            for (name, gathered) in names {
                let mut durations = gathered.durations.clone();
                durations.sort_unstable();
                operations.push(Operation {
                    service: service.clone(),
                    name: name.clone(),
                    count: durations.len() as u64,
                    errors: gathered.errors,
                    total_ns: durations.iter().map(|duration| u128::from(*duration)).sum(),
                    self_ns: gathered.self_ns,
                    p50_ns: nearest_rank(&durations, 50),
                    p95_ns: nearest_rank(&durations, 95),
                    critical_path_ns: gathered.on_path_ns,
                    critical_path_share: match self.on_path_ns {
                        0 => 0.0,
                        all => gathered.on_path_ns as f64 / all as f64,
                    },
                });
            }
        }
        operations.sort_by(|one, two| {
            let by_name = || (&one.service, &one.name).cmp(&(&two.service, &two.name));
            two.critical_path_ns.cmp(&one.critical_path_ns).then_with(by_name)
        });
        operations
    }

    /// What is gathered of an operation.
    fn gathered(&mut self, service: &str, name: &str) -> &mut Gathered {
        self.operations
            .entry(service.to_owned())
            .or_default()
            .entry(name.to_owned())
            .or_default()
    }
}

/// The smallest of the sorted durations that at least `percent` of them do not exceed.
fn nearest_rank(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::id::SpanId;
    use crate::model::{Attribute, Resource, Span, Status, StatusCode};

    /// A service's span: id, parent, service, name, start, end.
    fn span(id: u8, parent: u8, service: &str, name: &str, start: u64, end: u64) -> Span {
        Span {
            resource: Arc::new(Resource {
                attributes: vec![Attribute::new("service.name", service)],
                ..Resource::default()
            }),
            span_id: SpanId([id; 8]),
            parent_span_id: (parent > 0).then_some(SpanId([parent; 8])),
            name: name.to_owned(),
            start_unix_ns: start,
            end_unix_ns: end,
            ..Span::default()
        }
    }

    #[test]
    fn two_traces_are_summed_up_by_service_and_operation() {
        let mut failed = span(3, 1, "db", "SELECT", 50, 90);
        failed.status = Status {
            code: StatusCode::ERROR,
            ..Status::default()
        };
        let traces = [
            vec![
                span(1, 0, "web", "GET", 0, 100),
                span(2, 1, "db", "SELECT", 10, 40),
                failed,
            ],
            vec![
                span(1, 0, "web", "GET", 0, 20),
                span(2, 1, "db", "SELECT", 0, 10),
                span(2, 1, "db", "SELECT", 0, 10),
            ],
        ];
        let mut cohort = Cohort::default();
        for spans in &traces {
            cohort.add(&Tree::of(spans));
        }
        cohort.add(&Tree::of(&[]));
        assert_eq!(cohort.traces(), 2);
        let [select, get] = &cohort.operations()[..] else {
            panic!("two operations")
        };
        assert_eq!(
            (
                select.service.as_str(),
                select.name.as_str(),
                select.count,
                select.errors
            ),
            ("db", "SELECT", 3, 1),
            "what came twice counts once"
        );
        assert_eq!(
            (select.total_ns, select.self_ns, select.critical_path_ns),
            (80, 80, 80)
        );
        assert_eq!((select.p50_ns, select.p95_ns), (30, 40));
        assert_eq!((get.total_ns, get.self_ns, get.critical_path_ns), (120, 40, 40));
        assert!((select.critical_path_share - 80.0 / 120.0).abs() < 1e-12);
        assert_eq!(
            cohort
                .operations()
                .iter()
                .map(|it| it.critical_path_share)
                .sum::<f64>(),
            1.0
        );
    }

    #[test]
    fn nearest_rank_is_a_value_that_occurred() {
        assert_eq!(nearest_rank(&[], 50), 0);
        assert_eq!((nearest_rank(&[7], 50), nearest_rank(&[7], 95)), (7, 7));
        let twenty: Vec<u64> = (1..=20).collect();
        assert_eq!((nearest_rank(&twenty, 50), nearest_rank(&twenty, 95)), (10, 19));
    }
}
