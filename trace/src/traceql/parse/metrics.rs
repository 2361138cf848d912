//! The functions that make series of spans, and what is done with series afterwards.

use super::super::error::QueryError;
use super::super::lexer::TokenKind;
use super::super::syntax::{Field, FirstStage, Literal, Metrics, OverTime, Scalar, SecondStage};
use super::super::types::Type;
use super::node::{self, Node};
use super::{Parser, level};

/// How many values an attribute may have in the answer to `compare`, unless told otherwise, and at most.
const TOP: usize = 10;
const MOST_TOP: usize = 1000;

impl Parser<'_> {
    /// A function of metrics, from its name on.
    pub(super) fn first_stage(&mut self, word: &str) -> Result<FirstStage, QueryError> {
        self.advance();
        self.expect("(")?;
        if word == "compare" {
            return self.compare();
        }
        let function = match word {
            "rate" => OverTime::Rate,
            "count_over_time" => OverTime::Count,
            "min_over_time" => OverTime::Min(self.measured(word)?),
            "max_over_time" => OverTime::Max(self.measured(word)?),
            "avg_over_time" => OverTime::Avg(self.measured(word)?),
            "sum_over_time" => OverTime::Sum(self.measured(word)?),
            "histogram_over_time" => OverTime::Histogram(self.measured(word)?),
            _ => {
                let field = self.measured(word)?;
                OverTime::Quantile(field, self.quantiles()?)
            }
        };
        self.expect(")")?;
        let mut by = Vec::new();
        if self.next_word() == Some("by") {
            self.advance();
            by = self.fields()?;
        }
        Ok(FirstStage::Over { function, by })
    }

    /// A field with numbers.
    fn measured(&mut self, of: &str) -> Result<Field, QueryError> {
        let token = self.peek().clone();
        let field = self.field()?;
        let kind = Type::of_field(&field);
        if kind == Type::Any || kind.is_number() {
            return Ok(field);
        }
        let message = format!("`{of}` needs numbers, and this is {}", kind.name());
        Err(QueryError::at(self.query, token.offset, token.length, message)
            .help("write an attribute or an intrinsic with numbers, such as `duration`"))
    }

    fn quantiles(&mut self) -> Result<Vec<f64>, QueryError> {
        let mut quantiles = Vec::new();
        while self.takes(",") || quantiles.is_empty() {
            let quantile = match self.peek().kind {
                TokenKind::Float(number) => number,
                TokenKind::Int(number) => number as f64,
                _ => {
                    return Err(self
                        .expected("a quantile")
                        .help("write `quantile_over_time(duration, 0.5, 0.99)`"));
                }
            };
            if !(0.0..=1.0).contains(&quantile) {
                return Err(self
                    .error(format!("{} is no quantile", self.shown()))
                    .help("quantiles lie between 0 and 1"));
            }
            self.advance();
            quantiles.push(quantile);
        }
        Ok(quantiles)
    }

    /// `compare({ … }, top, start, end)`, from after the bracket on.
    fn compare(&mut self) -> Result<FirstStage, QueryError> {
        let selection = self.filter()?;
        let mut numbers = Vec::new();
        while numbers.len() < 3 && self.takes(",") {
            let token = self.peek().clone();
            match self.literal()? {
                Literal::Int(number) if number > 0 => numbers.push(number as u64),
                _ => {
                    return Err(QueryError::at(
                        self.query,
                        token.offset,
                        token.length,
                        "a whole number above 0 is expected here",
                    )
                    .help("write `compare({ status = error }, 10)`"));
                }
            }
        }
        let top = numbers.first().map_or(TOP, |top| *top as usize);
        if top > MOST_TOP {
            return Err(self.error(format!("`compare` gives up to {MOST_TOP} values an attribute")));
        }
        let window = match numbers[..] {
            [_, from, until] if from < until => Some((from, until)),
            [_, _, _] => return Err(self.error("the selection's end lies before its start")),
            [_, _] => {
                return Err(self
                    .expected("`,` and the selection's end")
                    .help("start and end are nanoseconds since 1970"));
            }
            _ => None,
        };
        self.expect(")")?;
        Ok(FirstStage::Compare {
            selection,
            top,
            window,
        })
    }

    /// `| topk(n)`, `| bottomk(n)` and comparisons, as many as come.
    pub(super) fn second_stages(&mut self) -> Result<Vec<SecondStage>, QueryError> {
        let mut stages = Vec::new();
        loop {
            if let Some(operator) = node::comparison(self.sign()) {
                self.advance();
                stages.push(SecondStage::Filter(operator, self.threshold()?));
            } else if self.takes("|") {
                stages.push(self.top()?);
            } else {
                return Ok(stages);
            }
        }
    }

    fn top(&mut self) -> Result<SecondStage, QueryError> {
        let make = match self.next_word() {
            Some("topk") => SecondStage::TopK,
            Some("bottomk") => SecondStage::BottomK,
            _ => return Err(self.expected("`topk(…)` or `bottomk(…)`")),
        };
        self.advance();
        self.expect("(")?;
        let count = match self.peek().kind {
            TokenKind::Int(count) if count > 0 => count as usize,
            _ => return Err(self.expected("a whole number above 0")),
        };
        self.advance();
        self.expect(")")?;
        Ok(make(count))
    }

    /// What series are compared with; durations in seconds.
    fn threshold(&mut self) -> Result<f64, QueryError> {
        let token = self.peek().clone();
        let part = self.node(level::SUM)?;
        match part.node {
            Node::Scalar(Scalar::Literal(Literal::Int(number))) => Ok(number as f64),
            Node::Scalar(Scalar::Literal(Literal::Float(number))) => Ok(number),
            Node::Scalar(Scalar::Literal(Literal::Duration(number))) => Ok(number as f64 / 1e9),
            _ => Err(QueryError::at(
                self.query,
                token.offset,
                token.length,
                "series are compared with a fixed number",
            )
            .help("write `> 10` or `> 100ms`")),
        }
    }

    /// Refuses stages that `compare` does not allow.
    pub(super) fn check_compare(&self, metrics: &Metrics) -> Result<(), QueryError> {
        if node::is_compare(metrics) && !metrics.then.is_empty() {
            return Err(self.error("nothing can follow `compare(…)`"));
        }
        Ok(())
    }
}
