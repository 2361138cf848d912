//! What must hold of any query and any trace.

use proptest::prelude::*;

use super::fixture::{broken, checkout};
use crate::model::Span;
use crate::traceql::syntax::{
    Arithmetic, Comparison, Expr, Expression, Field, Intrinsic, Literal, Pipeline, Scope,
};
use crate::traceql::syntax::{SpansetExpression, Stage};
use crate::traceql::{Query, plan};
use crate::view::{Key, ModelTrace};

fn number_field() -> impl Strategy<Value = Expr> {
    let keys = prop::sample::select(vec![
        "db.rows",
        "http.status_code",
        "db.ratio",
        "a b",
        "1st",
        "é\"\\",
        "span.x",
    ]);
    let scopes = prop::sample::select(vec![
        Scope::Any,
        Scope::Span,
        Scope::Resource,
        Scope::Parent,
        Scope::Event,
    ]);
    prop_oneof![
        (scopes, keys).prop_map(|(scope, key)| Expr::Field(Field::Attribute(scope, Key::new(key)))),
        prop::sample::select(vec![
            Intrinsic::Duration,
            Intrinsic::ChildCount,
            Intrinsic::NestedSetLeft
        ])
        .prop_map(|intrinsic| Expr::Field(Field::Intrinsic(intrinsic))),
    ]
}

fn number() -> impl Strategy<Value = Expr> {
    let literal = prop_oneof![
        (-3i64..600).prop_map(Literal::Int),
        any::<i64>().prop_map(Literal::Int),
        (-1e3..1e3f64).prop_map(Literal::Float),
        any::<i64>()
            .prop_filter("there is no such literal", |number| *number != i64::MIN)
            .prop_map(Literal::Duration),
    ];
    let leaf = prop_oneof![literal.prop_map(Expr::Literal), number_field()];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let operators = prop::sample::select(vec![
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
            Arithmetic::Remainder,
            Arithmetic::Power,
        ]);
        (operators, inner.clone(), inner).prop_map(|(operator, left, right)| Expr::Arithmetic {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        })
    })
}

fn condition() -> impl Strategy<Value = Expr> {
    let comparisons = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        (comparisons, number(), number()).prop_map(|(operator, left, right)| Expr::Compare {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        }),
        "\\PC{0,6}".prop_map(|text| Expr::Compare {
            operator: Comparison::NotEqual,
            left: Box::new(Expr::Field(Field::Intrinsic(Intrinsic::Name))),
            right: Box::new(Expr::Literal(Literal::String(text))),
        }),
        any::<bool>().prop_map(|truth| Expr::Literal(Literal::Bool(truth))),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            // What is joined by the same sign on the left is one list, as it is read.
            prop::collection::vec(inner.clone(), 2..4)
                .prop_filter("lists on the left are joined", |parts| !matches!(
                    parts[0],
                    Expr::All(_)
                ))
                .prop_map(Expr::All),
            prop::collection::vec(inner, 2..4)
                .prop_filter("lists on the left are joined", |parts| !matches!(
                    parts[0],
                    Expr::Any(_)
                ))
                .prop_map(Expr::Any),
        ]
    })
}

fn search(condition: Expr) -> Expression {
    Expression::Search(Pipeline {
        stages: vec![Stage::Spans(SpansetExpression::Filter(condition))],
    })
}

/// The ids of the spans found, in order, and how many spansets there were.
fn ids(query: &Query, spans: &[Span]) -> (Vec<String>, usize) {
    let sets = query.evaluate(&ModelTrace(spans)).unwrap_or_default();
    let spans_found = sets.iter().flat_map(|set| &set.spans);
    let mut ids: Vec<_> = spans_found
        .map(|span| format!("{} {}", spans[*span].span_id, spans[*span].name))
        .collect();
    ids.sort();
    (ids, sets.len())
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "|",
    "||",
    "&&",
    "!",
    "=",
    "!=",
    "=~",
    "!~",
    "<",
    ">",
    ">>",
    "<<",
    "~",
    "&>",
    "!>>",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    ",",
    ".",
    ".a",
    "span.",
    "span.b",
    "parent.",
    "span:id",
    "event:",
    "name",
    "duration",
    "status",
    "error",
    "nil",
    "1",
    "2.5",
    "10ms",
    "\"x\"",
    "`y`",
    "count()",
    "avg(",
    "by(",
    "coalesce()",
    "select(",
    "rate()",
    "topk(2)",
    "compare(",
    "quantile_over_time(duration,0.5)",
    "with(",
    "sample",
    "true",
    "é",
    "\\",
    "//",
    "/*",
    "\n",
    "parent",
];

proptest! {
    #[test]
    fn a_filter_is_written_and_read_again_as_the_same(condition in condition()) {
        let expression = search(condition);
        let written = expression.to_string();
        let read = Query::parse(&written);
        prop_assert!(read.is_ok(), "{}: {:?}", written, read);
        let read = read.expect("checked");
        prop_assert_eq!(read.expression(), &expression, "{}", written);
    }

    /// Cheap conditions come first; what they come to stays the same.
    #[test]
    fn the_order_of_conditions_makes_no_difference(condition in condition()) {
        let mut planned = search(condition);
        let query = Query::parse(&planned.to_string()).expect("written by us");
        plan::reorder(&mut planned);
        let other = Query::parse(&planned.to_string()).expect("written by us");
        for spans in [checkout(), broken()] {
            prop_assert_eq!(ids(&query, &spans), ids(&other, &spans));
        }
    }

    #[test]
    fn the_order_of_spans_makes_no_difference(
        condition in condition(),
        operator in prop::sample::select(vec![">", "<", ">>", "<<", "~", "!>", "!<", "!>>", "!<<", "!~", "&>", "&<", "&>>", "&<<", "&~", "&&", "||"]),
        spans in prop::sample::select(vec![checkout(), broken()]).prop_shuffle_spans(),
    ) {
        let (in_order, shuffled) = spans;
        let query = format!("{} {operator} {{ span.http.status_code != 200 || name != \"x\" }} | by(kind)", search(condition));
        let query = Query::parse(&query).expect("valid");
        prop_assert_eq!(ids(&query, &in_order), ids(&query, &shuffled));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = Query::parse(&text);
    }

    /// Text in the likeness of queries gets further; what is read is written back as it was read.
    #[test]
    fn pieces_of_queries_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14)) {
        let text = pieces.join(" ");
        for text in [text.clone(), format!("{{ {text} }}"), format!("{{ }} | {text}")] {
            match Query::parse(&text) {
                Ok(query) => {
                    let again = Query::parse(&query.to_string());
                    prop_assert!(again.is_ok(), "{} → {}: {:?}", text, query, again);
                    prop_assert_eq!(again.expect("checked"), query);
                }
                Err(error) => prop_assert!(!error.excerpt(&text).is_empty()),
            }
        }
    }
}

/// Pairs a trace with the same in any order.
trait ShuffleSpans: Strategy<Value = Vec<Span>> + Sized {
    fn prop_shuffle_spans(self) -> impl Strategy<Value = (Vec<Span>, Vec<Span>)> {
        self.prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle()))
    }
}

impl<S: Strategy<Value = Vec<Span>>> ShuffleSpans for S {}
