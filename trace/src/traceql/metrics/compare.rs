//! `compare(…)`: how often each attribute has each value, among the selected spans and among the rest.

use std::collections::HashMap;

use super::super::evaluate::{Context, Val};
use super::super::syntax::{Expr, Field, Intrinsic, Literal};
use super::range::Range;
use super::series::{Series, SeriesSet};
use crate::view::{EventView, Index, LinkView, Owner, TraceView, ValueRef};

/// How many different values of one attribute are counted; what comes later is left out of the answer, which says so.
const MOST_VALUES: usize = 10_000;
/// How many different attributes are counted.
const MOST_ATTRIBUTES: usize = 2_000;

/// The label that says what a series counts.
const TYPE: &str = "__meta_type";

/// The intrinsics that are compared; others differ from span to span.
const TOLD: [Intrinsic; 6] = [
    Intrinsic::Name,
    Intrinsic::Status,
    Intrinsic::StatusMessage,
    Intrinsic::Kind,
    Intrinsic::RootName,
    Intrinsic::RootService,
];

/// A comparison at work.
#[derive(Debug)]
pub struct Compared<'q> {
    selection: &'q Expr,
    top: usize,
    window: Option<(u64, u64)>,
    range: Range,
    /// Of the rest and of the selection.
    sides: [HashMap<String, Attribute>; 2],
    left_out: u64,
}

/// What was counted of an attribute.
#[derive(Debug, Default)]
struct Attribute {
    values: HashMap<Vec<u8>, (Literal, Counts)>,
    all: Counts,
    /// Whether there were more values than are counted.
    too_many: bool,
}

/// How often, by step; only steps that have any, in order.
#[derive(Debug, Default)]
struct Counts(Vec<(usize, u64)>);

impl Counts {
    fn add(&mut self, step: usize) {
        match self.0.binary_search_by_key(&step, |(step, _)| *step) {
            Ok(place) => self.0[place].1 += 1,
            Err(place) => self.0.insert(place, (step, 1)),
        }
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    fn values(&self, steps: usize) -> Vec<f64> {
        let mut values = vec![0.0; steps];
        for (step, count) in &self.0 {
            values[*step] = *count as f64;
        }
        values
    }
}

impl<'q> Compared<'q> {
    pub fn new(selection: &'q Expr, top: usize, window: Option<(u64, u64)>, range: Range) -> Self {
        Self {
            selection,
            top,
            window,
            range,
            sides: Default::default(),
            left_out: 0,
        }
    }

    /// Adds a span.
    pub fn observe<V: TraceView>(&mut self, context: &Context<'_, V>, span: Index) {
        let view = context.view;
        let start = view.start_unix_ns(span);
        let Some(step) = self.range.step_of(start) else {
            return;
        };
        let in_window = self
            .window
            .is_none_or(|(from, until)| from < start && start <= until);
        let side = usize::from(in_window && context.holds(self.selection, span));
        let (attributes, left_out) = (&mut self.sides[side], &mut self.left_out);
        let mut count = |name: &str, value: Val<'_>| {
            if value.is_nil() || matches!(value, Val::Duration(_) | Val::Opaque) {
                return;
            }
            if !attributes.contains_key(name) {
                if attributes.len() >= MOST_ATTRIBUTES {
                    *left_out += 1;
                    return;
                }
                attributes.insert(name.to_owned(), Attribute::default());
            }
            if let Some(attribute) = attributes.get_mut(name) {
                attribute.add(step, value);
            }
        };
        for intrinsic in TOLD {
            let field = Field::Intrinsic(intrinsic);
            let value = context.field(&field, span);
            if !matches!(value, Val::Text("")) {
                count(&field.to_string(), value);
            }
        }
        let mut scoped =
            |scope: &str, key: &str, value: ValueRef<'_>| count(&format!("{scope}.{key}"), value.into());
        view.each_attribute(span, Owner::Resource, &mut |key, value| {
            scoped("resource", key, value)
        });
        view.each_attribute(span, Owner::Instrumentation, &mut |key, value| {
            scoped("instrumentation", key, value)
        });
        view.each_attribute(span, Owner::Span, &mut |key, value| scoped("span", key, value));
        for event in view.events(span) {
            event.each_attribute(&mut |key, value| scoped("event", key, value));
        }
        for link in view.links(span) {
            link.each_attribute(&mut |key, value| scoped("link", key, value));
        }
    }

    /// The series: of each attribute the values that occur most, and the totals.
    pub fn finish(self) -> SeriesSet {
        let steps = self.range.steps();
        let mut series = Vec::new();
        for (attributes, meta) in self.sides.into_iter().zip(["baseline", "selection"]) {
            for (name, attribute) in attributes {
                let labels = |meta: &str, value| vec![(TYPE.to_owned(), text(meta)), (name.clone(), value)];
                if attribute.too_many || attribute.values.len() > self.top {
                    series.push(Series {
                        labels: vec![
                            ("__meta_error".into(), text("__too_many_values__")),
                            (name.clone(), Literal::Nil),
                        ],
                        values: vec![f64::NAN; steps],
                    });
                }
                series.push(Series {
                    labels: labels(&format!("{meta}_total"), Literal::Nil),
                    values: attribute.all.values(steps),
                });
                let mut values: Vec<_> = attribute.values.into_iter().collect();
                // Of values that occur as often, those that sort first, so that the answer is always the same.
                values.sort_by(|(one, (_, ones)), (other, (_, others))| {
                    others.total().cmp(&ones.total()).then_with(|| one.cmp(other))
                });
                for (_, (value, counts)) in values.into_iter().take(self.top) {
                    series.push(Series {
                        labels: labels(meta, value),
                        values: counts.values(steps),
                    });
                }
            }
        }
        series.sort_by_cached_key(Series::sort_key);
        series.dedup_by(|one, other| one.labels == other.labels);
        SeriesSet {
            times: self.range.times(),
            series,
            left_out: self.left_out,
        }
    }
}

fn text(text: &str) -> Literal {
    Literal::String(text.to_owned())
}

impl Attribute {
    fn add(&mut self, step: usize, value: Val<'_>) {
        self.all.add(step);
        let mut key = Vec::new();
        value.write_key(&mut key);
        if let Some((_, counts)) = self.values.get_mut(&key) {
            counts.add(step);
        } else if self.values.len() < MOST_VALUES {
            let mut counts = Counts::default();
            counts.add(step);
            self.values.insert(key, (value.to_literal(), counts));
        } else {
            self.too_many = true;
        }
    }
}
