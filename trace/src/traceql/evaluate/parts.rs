//! What a span has several of: its events and its links.

use super::super::syntax::{Expr, Field, Intrinsic, Scope};
use super::value::Val;
use crate::view::{EventView, LinkView, ValueRef};

/// What a span has many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Events,
    Links,
}

impl Parts {
    pub(super) fn of_field(field: &Field) -> Option<Self> {
        match field {
            Field::Attribute(Scope::Event, _)
            | Field::Intrinsic(Intrinsic::EventName | Intrinsic::EventTimeSinceStart) => Some(Self::Events),
            Field::Attribute(Scope::Link, _)
            | Field::Intrinsic(Intrinsic::LinkTraceId | Intrinsic::LinkSpanId) => Some(Self::Links),
            _ => None,
        }
    }

    /// What a condition is about, if it is about nothing else. A negation is by itself: it says something of all.
    pub(super) fn of(condition: &Expr) -> Option<Self> {
        match condition {
            Expr::Compare { left, right, .. } => Self::of(left).or_else(|| Self::of(right)),
            Expr::Match { text: inner, .. } | Expr::Exists(inner) | Expr::Absent(inner) => {
                many(inner).and_then(Self::of_field)
            }
            Expr::All(parts) | Expr::Any(parts) => {
                let first = Self::of(parts.first()?);
                first.filter(|_| parts.iter().all(|part| Self::of(part) == first))
            }
            Expr::Field(field) => Self::of_field(field),
            _ => None,
        }
    }
}

/// Whether it is asked that an event or a link does not have something.
pub(super) fn is_absence(condition: &Expr) -> bool {
    matches!(condition, Expr::Absent(inner) if many(inner).is_some())
}

/// The field, if a span can have many values of it: those of events and links.
pub(super) fn many(expr: &Expr) -> Option<&Field> {
    match expr {
        Expr::Field(field) => Parts::of_field(field).map(|_| field),
        _ => None,
    }
}

pub(super) fn of_event<'a>(event: &impl EventView<'a>, field: &Field, span_start: u64) -> Val<'a> {
    match field {
        Field::Attribute(_, key) => event.attribute(key).map_or(Val::Nil, Val::from),
        Field::Intrinsic(Intrinsic::EventName) => Val::Text(event.name()),
        Field::Intrinsic(_) => since(span_start, event.time_unix_ns()),
    }
}

pub(super) fn of_link<'a>(link: &impl LinkView<'a>, field: &Field) -> Val<'a> {
    match field {
        Field::Attribute(_, key) => link.attribute(key).map_or(Val::Nil, Val::from),
        Field::Intrinsic(Intrinsic::LinkTraceId) => link.trace_id().map_or(Val::Nil, |id| Val::id(&id.0)),
        Field::Intrinsic(_) => link.span_id().map_or(Val::Nil, |id| Val::id(&id.0)),
    }
}

pub(super) fn first<'a>(values: impl Iterator<Item = Option<ValueRef<'a>>>) -> Val<'a> {
    values
        .flatten()
        .map(Val::from)
        .find(|value| !value.is_nil())
        .unwrap_or(Val::Nil)
}

/// From a span's start to an event; negative if the event came before it.
pub(super) fn since<'a>(start: u64, time: u64) -> Val<'a> {
    let since = i128::from(time) - i128::from(start);
    Val::Duration(since.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}
