//! A trace with what a query needs to know of it as a whole, and the values of its spans.

use std::cell::Cell;
use std::sync::LazyLock;

use super::super::plan::Needs;
use super::super::syntax::{Expr, Field, Intrinsic, Literal, Scope};
use super::parts::{Parts, first, is_absence, many, of_event, of_link, since};
use super::value::{self, Val};
use crate::view::{EventView, Index, Key, LinkView, NestedSets, Owner, Structure, TraceView};

/// A trace, prepared for a query.
pub struct Context<'v, V> {
    pub view: &'v V,
    pub structure: Option<Structure>,
    child_counts: Vec<u32>,
    nested_sets: Option<NestedSets>,
    /// The root, if one is here that names no parent.
    root: Option<Index>,
    duration_ns: u64,
    /// What the conditions have cost since it was last asked whether to go on; more than that once it is not to.
    spent: Cell<u32>,
}

static SERVICE_NAME: LazyLock<Key> = LazyLock::new(|| Key::new("service.name"));

/// How much is worked on before it is asked whether to go on, in conditions looked at.
const AT_ONCE: u32 = 4096;
/// So many bytes of text cost a regular expression as much as another condition costs.
const BYTES: usize = 64;

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
            spent: Cell::new(0),
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

    /// Whether the work is given up. What has been worked out then means nothing.
    pub fn is_given_up(&self) -> bool {
        self.spent.get() > AT_ONCE
    }

    /// Counts work, and asks now and then whether to go on.
    #[inline]
    pub fn spend(&self, work: u32) {
        let spent = self.spent.get().saturating_add(work);
        self.spent.set(spent);
        if spent >= AT_ONCE {
            self.ask();
        }
    }

    #[cold]
    fn ask(&self) {
        self.spent.set(if self.view.go_on() { 0 } else { u32::MAX });
    }

    /// Whether a pattern matches; long text costs more.
    fn matches(&self, pattern: &regex::Regex, negated: bool, text: Val<'_>) -> bool {
        if let Val::Text(text) = text {
            self.spend(u32::try_from(text.len() / BYTES).unwrap_or(AT_ONCE));
        }
        value::matches(pattern, negated, text)
    }

    /// Whether the expression holds of a span. Nothing does once the work is given up.
    pub fn holds(&self, expr: &Expr, span: Index) -> bool {
        self.spend(1);
        if self.is_given_up() {
            return false;
        }
        match expr {
            Expr::All(parts) => {
                parts
                    .iter()
                    .all(|part| self.holds(part, span) || is_absence(part))
                    && self.one_meets_all(parts, span)
            }
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
                Some(field) => {
                    self.any_value(field, span, |value| self.matches(&pattern.regex, *negated, value))
                }
                None => self.matches(&pattern.regex, *negated, self.value(text, span)),
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
                    .and_then(|root| view.attribute(root, Owner::Resource, &SERVICE_NAME));
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
        match Parts::of_field(field) {
            Some(Parts::Events) => {
                let start = view.start_unix_ns(span);
                view.events(span)
                    .any(|event| holds(of_event(&event, field, start)))
            }
            _ => view.links(span).any(|link| holds(of_link(&link, field))),
        }
    }

    /// Whether one event meets all conditions on events among these, and one link all on links. Where nothing is asked of
    /// them but what they lack, all of them must lack it.
    fn one_meets_all(&self, conditions: &[Expr], span: Index) -> bool {
        [Parts::Events, Parts::Links].into_iter().all(|parts| {
            let about = || conditions.iter().filter(|it| Parts::of(it) == Some(parts));
            if about().all(is_absence) {
                return about().all(|it| self.holds(it, span));
            }
            match parts {
                // Which was looked at before.
                _ if about().nth(1).is_none() => true,
                Parts::Events => {
                    let start = self.view.start_unix_ns(span);
                    self.view.events(span).any(|event| {
                        let value = |field: &Field| of_event(&event, field, start);
                        about().all(|it| self.part_meets(it, span, parts, &value))
                    })
                }
                Parts::Links => self.view.links(span).any(|link| {
                    let value = |field: &Field| of_link(&link, field);
                    about().all(|it| self.part_meets(it, span, parts, &value))
                }),
            }
        })
    }

    /// Whether one event or link, whose fields `value` gives, meets a condition on such.
    fn part_meets<'a>(
        &'a self,
        condition: &'a Expr,
        span: Index,
        parts: Parts,
        value: &dyn Fn(&Field) -> Val<'a>,
    ) -> bool {
        let side = |expr: &'a Expr| match expr {
            Expr::Field(field) if Parts::of_field(field) == Some(parts) => value(field),
            expr => self.value(expr, span),
        };
        match condition {
            Expr::All(all) => all.iter().all(|it| self.part_meets(it, span, parts, value)),
            Expr::Any(any) => any.iter().any(|it| self.part_meets(it, span, parts, value)),
            Expr::Compare {
                operator,
                left,
                right,
            } => value::compares(*operator, side(left), side(right)),
            Expr::Match {
                negated,
                text,
                pattern,
            } => self.matches(&pattern.regex, *negated, side(text)),
            Expr::Exists(inner) => !side(inner).is_nil(),
            Expr::Absent(inner) => side(inner).is_nil(),
            other => self.holds(other, span),
        }
    }

    /// All values of a field for keeping: those of each event or link, and each of an array.
    pub fn each_literal(&self, field: &Field, span: Index, visit: &mut dyn FnMut(Literal)) {
        let mut each = |value: Val<'_>| match value {
            Val::Nil => {}
            Val::Array(array) => array.iter().for_each(|item| visit(Val::from(item).to_literal())),
            value => visit(value.to_literal()),
        };
        if Parts::of_field(field).is_none() {
            return each(self.field(field, span));
        }
        self.any_value(field, span, |value| {
            each(value);
            false
        });
    }

    /// The value of a field for keeping.
    pub fn literal(&self, field: &Field, span: Index) -> Literal {
        self.field(field, span).to_literal()
    }
}
