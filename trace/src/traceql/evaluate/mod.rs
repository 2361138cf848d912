//! Evaluating a pipeline over one trace.

mod context;
mod parts;
mod relations;
mod value;

pub(super) use context::Context;
pub(super) use value::{Val, reckon};

use std::collections::HashMap;

use super::syntax::{
    Aggregate, Expr, Literal, Pipeline, Scalar, ScalarFilter, SpansetExpression, SpansetOperator, Stage,
};
use crate::view::{Index, TraceView};
use relations::{related, united};

/// Spans of one trace that belong together in an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spanset {
    /// Their positions, in order.
    pub spans: Vec<Index>,
    /// What `by(…)` and the functions of numbers came to, with how they were written.
    pub values: Vec<(String, Literal)>,
}

impl<V: TraceView> Context<'_, V> {
    /// The spansets that come out of a pipeline; none if the trace does not match.
    pub fn run(&self, pipeline: &Pipeline) -> Vec<Spanset> {
        // The first filter looks at the trace as it is, so that no list of all spans is made for it.
        let (mut sets, stages) = match &pipeline.stages[..] {
            [Stage::Spans(SpansetExpression::Filter(expr)), rest @ ..] => {
                let spans = self.spans().filter(|span| self.holds(expr, *span)).collect();
                (
                    vec![Spanset {
                        spans,
                        values: Vec::new(),
                    }],
                    rest,
                )
            }
            stages => {
                let spans = self.spans().collect();
                (
                    vec![Spanset {
                        spans,
                        values: Vec::new(),
                    }],
                    stages,
                )
            }
        };
        sets.retain(|set| !set.spans.is_empty());
        for stage in stages {
            if sets.is_empty() {
                break;
            }
            self.stage(stage, &mut sets);
        }
        sets
    }

    /// Whether anything comes out of a pipeline.
    pub fn any(&self, pipeline: &Pipeline) -> bool {
        match &pipeline.stages[..] {
            [Stage::Spans(SpansetExpression::Filter(expr))] => {
                self.spans().any(|span| self.holds(expr, span))
            }
            _ => !self.run(pipeline).is_empty(),
        }
    }

    fn stage(&self, stage: &Stage, sets: &mut Vec<Spanset>) {
        if !self.view.go_on() {
            sets.clear();
            return;
        }
        match stage {
            Stage::Spans(expression) => {
                for set in sets.iter_mut() {
                    set.spans = self.spanset(expression, &set.spans);
                }
                sets.retain(|set| !set.spans.is_empty());
            }
            Stage::Scalars(filter) => sets.retain_mut(|set| self.scalars(filter, set)),
            Stage::By(expr) => *sets = sets.iter().flat_map(|set| self.grouped(expr, set)).collect(),
            Stage::Coalesce => {
                let spans = sets.iter().fold(Vec::new(), |all, set| united(&all, &set.spans));
                *sets = vec![Spanset {
                    spans,
                    values: Vec::new(),
                }];
            }
            // What is shown is looked up when it is shown.
            Stage::Select(_) => {}
        }
    }

    fn spanset(&self, expression: &SpansetExpression, input: &[Index]) -> Vec<Index> {
        self.spend(u32::try_from(input.len()).unwrap_or(u32::MAX));
        if self.is_given_up() {
            return Vec::new();
        }
        match expression {
            SpansetExpression::Filter(expr) => input
                .iter()
                .copied()
                .filter(|span| self.holds(expr, *span))
                .collect(),
            SpansetExpression::Pipeline(pipeline) => {
                let mut sets = vec![Spanset {
                    spans: input.to_vec(),
                    values: Vec::new(),
                }];
                for stage in &pipeline.stages {
                    self.stage(stage, &mut sets);
                }
                sets.iter().fold(Vec::new(), |all, set| united(&all, &set.spans))
            }
            SpansetExpression::Combined {
                operator,
                left,
                right,
            } => {
                let right = self.spanset(right, input);
                if right.is_empty() && *operator != SpansetOperator::Or {
                    return Vec::new();
                }
                let left = self.spanset(left, input);
                match operator {
                    SpansetOperator::And if left.is_empty() => Vec::new(),
                    SpansetOperator::And | SpansetOperator::Or => united(&left, &right),
                    SpansetOperator::Related(relation, mode) => match &self.structure {
                        Some(structure) => {
                            related(structure, self.view.span_count(), *relation, *mode, &left, &right)
                        }
                        None => Vec::new(),
                    },
                }
            }
        }
    }

    fn grouped(&self, expr: &Expr, set: &Spanset) -> Vec<Spanset> {
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut groups: Vec<Spanset> = Vec::new();
        let mut key = Vec::new();
        let name = format!("by({expr})");
        for span in &set.spans {
            self.spend(1);
            if self.is_given_up() {
                return Vec::new();
            }
            let value = self.value(expr, *span);
            key.clear();
            value.write_key(&mut key);
            let place = places.get(&key).copied().unwrap_or_else(|| {
                self.spend(set.values.len() as u32);
                let mut values = set.values.clone();
                values.push((name.clone(), value.to_literal()));
                groups.push(Spanset {
                    spans: Vec::new(),
                    values,
                });
                places.insert(key.clone(), groups.len() - 1);
                groups.len() - 1
            });
            groups[place].spans.push(*span);
        }
        groups
    }

    /// Whether the numbers of a spanset compare as they should; notes what they come to.
    fn scalars(&self, filter: &ScalarFilter, set: &mut Spanset) -> bool {
        let (Some(left), Some(right)) = (self.scalar(&filter.left, set), self.scalar(&filter.right, set))
        else {
            return false;
        };
        value::compares(filter.operator, Val::literal(&left), Val::literal(&right))
    }

    /// The number that a spanset comes to; none if no span has the value.
    fn scalar(&self, scalar: &Scalar, set: &mut Spanset) -> Option<Literal> {
        let value = match scalar {
            Scalar::Literal(literal) => return Some(literal.clone()),
            Scalar::Count => Literal::Int(set.spans.len() as i64),
            Scalar::Aggregate(aggregate, expr) => {
                let values = set.spans.iter().map(|span| self.value(expr, *span));
                aggregated(*aggregate, values)?
            }
            Scalar::Arithmetic {
                operator,
                left,
                right,
            } => {
                let (left, right) = (self.scalar(left, set)?, self.scalar(right, set)?);
                let value = value::arithmetic(*operator, Val::literal(&left), Val::literal(&right));
                return Some(value.to_literal()).filter(|value| *value != Literal::Nil);
            }
        };
        set.values.push((scalar.to_string(), value.clone()));
        Some(value)
    }
}

/// An aggregate over the values that are numbers.
fn aggregated<'a>(aggregate: Aggregate, values: impl Iterator<Item = Val<'a>>) -> Option<Literal> {
    let mut count = 0u64;
    let mut extreme: Option<Val<'a>> = None;
    let (mut whole, mut total, mut only_whole, mut only_durations) = (0i128, 0f64, true, true);
    for value in values {
        let Some(number) = value.number() else { continue };
        count += 1;
        total += number;
        match value {
            Val::Int(number) | Val::Duration(number) => whole += i128::from(number),
            _ => only_whole = false,
        }
        only_durations &= matches!(value, Val::Duration(_));
        let better = extreme.is_none_or(|extreme| match aggregate {
            Aggregate::Min => value::compares(super::syntax::Comparison::Less, value, extreme),
            _ => value::compares(super::syntax::Comparison::Greater, value, extreme),
        });
        if better {
            extreme = Some(value);
        }
    }
    let extreme = extreme?;
    let duration = |nanoseconds: i128| {
        Literal::Duration(nanoseconds.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    };
    Some(match aggregate {
        Aggregate::Max | Aggregate::Min => extreme.to_literal(),
        Aggregate::Sum if only_durations => duration(whole),
        Aggregate::Sum if only_whole => i64::try_from(whole).map_or(Literal::Float(total), Literal::Int),
        Aggregate::Sum => Literal::Float(total),
        Aggregate::Avg if only_durations => duration(whole / i128::from(count)),
        Aggregate::Avg => Literal::Float(total / count as f64),
    })
}
