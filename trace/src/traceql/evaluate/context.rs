//! A trace with what a query needs to know of it as a whole, and the values of its spans.

use super::super::plan::Needs;
use super::super::syntax::{Expr, Field, Intrinsic, Literal, Scope};
use super::value::{self, Val};
use crate::view::{EventView, Index, Key, LinkView, NestedSets, Owner, Structure, TraceView, ValueRef};

/// A trace, prepared for a query.
pub struct Context<'v, V> {
    pub view: &'v V,
    pub structure: Option<Structure>,
    child_counts: Vec<u32>,
    nested_sets: Option<NestedSets>,
    /// The root, if one is here that names no parent.
    root: Option<Index>,
    duration_ns: u64,
    service_name: Key,
}

impl<'v, V: TraceView> Context<'v, V> {
    /// Computes what the query needs, and nothing else.
    pub fn new(view: &'v V, needs: Needs) -> Self {
        let structure = (needs.structure || !V::DISTINCT).then(|| Structure::of(view));
        let mut context = Self {
            view,
            structure: None,
            child_counts: Vec::new(),
            nested_sets: None,
            root: None,
            duration_ns: 0,
            service_name: Key::new("service.name"),
        };
        if let Some(structure) = &structure {
            if needs.child_counts {
                context.child_counts = structure.child_counts();
            }
            if needs.nested_sets {
                context.nested_sets = Some(structure.nested_sets(view));
            }
            if needs.root {
                context.root = structure
                    .root(view)
                    .filter(|root| view.parent_span_id(*root).is_none());
            }
        }
        if needs.trace_duration {
            let spans = 0..view.span_count();
            let start = spans
                .clone()
                .map(|span| view.start_unix_ns(span))
                .min()
                .unwrap_or(0);
            let end = spans.map(|span| view.end_unix_ns(span)).max().unwrap_or(0);
            context.duration_ns = end.saturating_sub(start);
        }
        context.structure = structure;
        context
    }

    /// All spans that count: one that came twice counts once.
    pub fn spans(&self) -> impl Iterator<Item = Index> {
        (0..self.view.span_count()).filter(|span| {
            !self
                .structure
                .as_ref()
                .is_some_and(|structure| structure.is_left_out(*span))
        })
    }

    pub fn parent(&self, span: Index) -> Option<Index> {
        self.structure.as_ref()?.parent(span)
    }

    /// Whether the expression holds of a span.
    pub fn holds(&self, expr: &Expr, span: Index) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part, span)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part, span)),
            Expr::Compare {
                operator,
                left,
                right,
            } => match (many(left), many(right)) {
                (Some(field), _) => {
                    let right = self.value(right, span);
                    self.any_value(field, span, |value| value::compares(*operator, value, right))
                }
                (None, Some(field)) => {
                    let left = self.value(left, span);
                    self.any_value(field, span, |value| value::compares(*operator, left, value))
                }
                (None, None) => value::compares(*operator, self.value(left, span), self.value(right, span)),
            },
            Expr::Match {
                negated,
                text,
                pattern,
            } => match many(text) {
                Some(field) => self.any_value(field, span, |value| {
                    value::matches(&pattern.regex, *negated, value)
                }),
                None => value::matches(&pattern.regex, *negated, self.value(text, span)),
            },
            Expr::Exists(inner) => !self.value(inner, span).is_nil(),
            Expr::Absent(inner) => self.value(inner, span).is_nil(),
            Expr::Not(inner) => match &**inner {
                // What is not there is neither true nor false.
                Expr::Field(_) => matches!(self.value(inner, span), Val::Bool(false)),
                inner => !self.holds(inner, span),
            },
            _ => self.value(expr, span).is_true(),
        }
    }

    /// The value of an expression.
    pub fn value<'a>(&'a self, expr: &'a Expr, span: Index) -> Val<'a> {
        match expr {
            Expr::Literal(literal) => Val::literal(literal),
            Expr::Field(field) => self.field(field, span),
            Expr::Negative(inner) => value::negative(self.value(inner, span)),
            Expr::Arithmetic {
                operator,
                left,
                right,
            } => value::arithmetic(*operator, self.value(left, span), self.value(right, span)),
            condition => Val::Bool(self.holds(condition, span)),
        }
    }

    /// The value of a field; of events and links the first.
    pub fn field<'a>(&'a self, field: &Field, span: Index) -> Val<'a> {
        match field {
            Field::Intrinsic(intrinsic) => self.intrinsic(*intrinsic, span),
            Field::Attribute(scope, key) => self.attribute(*scope, key, span),
        }
    }

    fn attribute<'a>(&'a self, scope: Scope, key: &Key, span: Index) -> Val<'a> {
        let of = |span, owner| self.view.attribute(span, owner, key).map_or(Val::Nil, Val::from);
        match scope {
            Scope::Span => of(span, Owner::Span),
            Scope::Resource => of(span, Owner::Resource),
            Scope::Instrumentation => of(span, Owner::Instrumentation),
            Scope::Event => first(self.view.events(span).map(|event| event.attribute(key))),
            Scope::Link => first(self.view.links(span).map(|link| link.attribute(key))),
            Scope::Any => [
                Scope::Span,
                Scope::Resource,
                Scope::Event,
                Scope::Link,
                Scope::Instrumentation,
            ]
            .into_iter()
            .map(|scope| self.attribute(scope, key, span))
            .find(|value| !value.is_nil())
            .unwrap_or(Val::Nil),
            Scope::Parent | Scope::ParentSpan | Scope::ParentResource => match self.parent(span) {
                None => Val::Nil,
                Some(parent) => match scope {
                    Scope::ParentSpan => of(parent, Owner::Span),
                    Scope::ParentResource => of(parent, Owner::Resource),
                    _ => self.attribute(Scope::Any, key, parent),
                },
            },
        }
    }

    fn intrinsic(&self, intrinsic: Intrinsic, span: Index) -> Val<'_> {
        let view = self.view;
        let set = |of: fn(&NestedSets) -> &Vec<i64>| {
            self.nested_sets
                .as_ref()
                .map_or(Val::Nil, |sets| Val::Int(of(sets)[span]))
        };
        match intrinsic {
            Intrinsic::Name => Val::Text(view.name(span)),
            Intrinsic::Duration => Val::nanoseconds(view.duration_ns(span)),
            Intrinsic::Status => Val::Status(view.status(span)),
            Intrinsic::StatusMessage => Val::Text(view.status_message(span)),
            Intrinsic::Kind => Val::Kind(view.kind(span)),
            Intrinsic::SpanId => Val::id(&view.span_id(span).0),
            Intrinsic::ParentId => view
                .parent_span_id(span)
                .map_or(Val::Text(""), |id| Val::id(&id.0)),
            Intrinsic::ChildCount => self
                .child_counts
                .get(span)
                .map_or(Val::Nil, |count| Val::Int(i64::from(*count))),
            Intrinsic::NestedSetLeft => set(|sets| &sets.left),
            Intrinsic::NestedSetRight => set(|sets| &sets.right),
            Intrinsic::NestedSetParent => set(|sets| &sets.parent),
            Intrinsic::Parent => self.parent(span).map_or(Val::Nil, |_| Val::Opaque),
            Intrinsic::TraceId => Val::id(&view.trace_id().0),
            Intrinsic::TraceDuration => Val::nanoseconds(self.duration_ns),
            Intrinsic::RootName => Val::Text(self.root.map_or("", |root| view.name(root))),
            Intrinsic::RootService => {
                let name = self
                    .root
                    .and_then(|root| view.attribute(root, Owner::Resource, &self.service_name));
                name.map_or(Val::Text(""), Val::from)
            }
            Intrinsic::InstrumentationName => Val::Text(view.instrumentation_name(span)),
            Intrinsic::InstrumentationVersion => Val::Text(view.instrumentation_version(span)),
            Intrinsic::EventName => view
                .events(span)
                .next()
                .map_or(Val::Nil, |event| Val::Text(event.name())),
            Intrinsic::EventTimeSinceStart => {
                let start = view.start_unix_ns(span);
                view.events(span)
                    .next()
                    .map_or(Val::Nil, |event| since(start, event.time_unix_ns()))
            }
            Intrinsic::LinkTraceId => view
                .links(span)
                .find_map(|link| link.trace_id())
                .map_or(Val::Nil, |id| Val::id(&id.0)),
            Intrinsic::LinkSpanId => view
                .links(span)
                .find_map(|link| link.span_id())
                .map_or(Val::Nil, |id| Val::id(&id.0)),
        }
    }

    /// Whether any of a span's events or links has a value of which `holds` is true.
    fn any_value<'a>(&'a self, field: &Field, span: Index, mut holds: impl FnMut(Val<'a>) -> bool) -> bool {
        let view = self.view;
        let mut has = |value: Option<ValueRef<'a>>| value.map(Val::from).is_some_and(&mut holds);
        match field {
            Field::Attribute(Scope::Event, key) => view.events(span).any(|event| has(event.attribute(key))),
            Field::Attribute(_, key) => view.links(span).any(|link| has(link.attribute(key))),
            Field::Intrinsic(intrinsic) => match intrinsic {
                Intrinsic::EventName => view.events(span).any(|event| holds(Val::Text(event.name()))),
                Intrinsic::EventTimeSinceStart => {
                    let start = view.start_unix_ns(span);
                    view.events(span)
                        .any(|event| holds(since(start, event.time_unix_ns())))
                }
                Intrinsic::LinkTraceId => view
                    .links(span)
                    .any(|link| link.trace_id().is_some_and(|id| holds(Val::id(&id.0)))),
                _ => view
                    .links(span)
                    .any(|link| link.span_id().is_some_and(|id| holds(Val::id(&id.0)))),
            },
        }
    }

    /// The value of a field for keeping.
    pub fn literal(&self, field: &Field, span: Index) -> Literal {
        self.field(field, span).to_literal()
    }
}

/// The field, if a span can have many values of it: those of events and links.
fn many(expr: &Expr) -> Option<&Field> {
    match expr {
        Expr::Field(
            field @ (Field::Attribute(Scope::Event | Scope::Link, _)
            | Field::Intrinsic(
                Intrinsic::EventName
                | Intrinsic::EventTimeSinceStart
                | Intrinsic::LinkTraceId
                | Intrinsic::LinkSpanId,
            )),
        ) => Some(field),
        _ => None,
    }
}

fn first<'a>(values: impl Iterator<Item = Option<ValueRef<'a>>>) -> Val<'a> {
    values
        .flatten()
        .map(Val::from)
        .find(|value| !value.is_nil())
        .unwrap_or(Val::Nil)
}

/// From a span's start to an event; negative if the event came before it.
fn since<'a>(start: u64, time: u64) -> Val<'a> {
    let since = i128::from(time) - i128::from(start);
    Val::Duration(since.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}
