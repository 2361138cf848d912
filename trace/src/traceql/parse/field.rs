//! Expressions over one span, with their types checked as they are put together.

use super::super::error::{QueryError, suggest};
use super::super::lexer::{Token, TokenKind};
use super::super::syntax::{Arithmetic, Comparison, Expr, Field, Intrinsic, Literal};
use super::super::types::{Type, speaks_of_span};
use super::super::words::{self, ARITHMETIC, COMPARISONS, INTRINSICS, VALUES};
use super::{Parser, level};

/// An expression, how deep it nests, and where it stands.
pub(super) struct Typed {
    pub expr: Expr,
    depth: usize,
    pub offset: usize,
    pub end: usize,
}

#[derive(Clone, Copy)]
enum Operator {
    And,
    Or,
    Compare(Comparison),
    Match { negated: bool },
    Arithmetic(Arithmetic),
}

fn operator(sign: &str) -> Option<(Operator, u8)> {
    let found = match sign {
        "&&" => (Operator::And, level::LOGIC),
        "||" => (Operator::Or, level::LOGIC),
        "=~" => (Operator::Match { negated: false }, level::COMPARISON),
        "!~" => (Operator::Match { negated: true }, level::COMPARISON),
        sign => match words::meaning(COMPARISONS, sign) {
            Some(comparison) => (Operator::Compare(comparison), level::COMPARISON),
            None => {
                let operator = words::meaning(ARITHMETIC, sign)?;
                (Operator::Arithmetic(operator), level::of(operator))
            }
        },
    };
    Some(found)
}

impl Parser<'_> {
    /// `{ … }`, from the brace on.
    pub(super) fn filter(&mut self) -> Result<Expr, QueryError> {
        self.expect("{")?;
        if self.takes("}") {
            return Ok(Expr::Literal(Literal::Bool(true)));
        }
        let typed = self.expression(level::LOGIC)?;
        if self.sign() != Some("}") {
            return Err(match self.peek().kind {
                TokenKind::End => self.error("`}` is missing at the end"),
                _ => self.unexpected(),
            });
        }
        self.advance();
        let kind = Type::of(&typed.expr);
        if !matches!(kind, Type::Bool | Type::Any) {
            return Err(self
                .about(
                    &typed,
                    format!("a filter comes to true or false, and this is {}", kind.name()),
                )
                .help("compare it: `{ duration > 100ms }`"));
        }
        Ok(typed.expr)
    }

    /// An error about an expression.
    pub(super) fn about(&self, typed: &Typed, message: impl Into<String>) -> QueryError {
        QueryError::at(self.query, typed.offset, typed.end - typed.offset, message)
    }

    /// An expression whose operators bind at least as tightly as `least`.
    pub(super) fn expression(&mut self, least: u8) -> Result<Typed, QueryError> {
        self.enter()?;
        let mut left = self.operand()?;
        while let Some((operator, level)) = self
            .sign()
            .and_then(operator)
            .filter(|(_, level)| *level >= least)
        {
            let sign = self.advance();
            left = match operator {
                Operator::Match { negated } => self.matching(left, negated)?,
                _ => {
                    // A power binds to the right, all others to the left.
                    let right = self.expression(if level == level::POWER { level } else { level + 1 })?;
                    self.combined(operator, left, right, &sign)?
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Typed, QueryError> {
        let offset = self.peek().offset;
        let (expr, depth) = match self.peek().kind.clone() {
            TokenKind::Sign("(") => {
                self.advance();
                let inner = self.expression(level::LOGIC)?;
                self.expect(")")?;
                (inner.expr, inner.depth)
            }
            TokenKind::Sign("!") => {
                self.advance();
                let inner = self.expression(level::NOT)?;
                if !matches!(Type::of(&inner.expr), Type::Bool | Type::Any) {
                    let found = Type::of(&inner.expr).name();
                    return Err(self.about(&inner, format!("`!` needs a boolean, and this is {found}")));
                }
                let depth = self.bounded(inner.depth + 1)?;
                (Expr::Not(Box::new(inner.expr)), depth)
            }
            TokenKind::Sign("-") => {
                self.advance();
                let inner = self.expression(level::SUM + 1)?;
                self.negative(inner)?
            }
            TokenKind::Field(field) => {
                self.advance();
                (Expr::Field(field), 1)
            }
            TokenKind::Word(word) => (self.word(&word)?, 1),
            TokenKind::Int(_) | TokenKind::Float(_) | TokenKind::Duration(_) | TokenKind::Text(_) => {
                (Expr::Literal(self.literal()?), 1)
            }
            _ => return Err(self.expected("an attribute, an intrinsic or a value")),
        };
        Ok(Typed {
            expr,
            depth,
            offset,
            end: self.passed(),
        })
    }

    fn negative(&self, inner: Typed) -> Result<(Expr, usize), QueryError> {
        let kind = Type::of(&inner.expr);
        if !kind.is_number() && kind != Type::Any {
            return Err(self.about(&inner, format!("`-` needs a number, and this is {}", kind.name())));
        }
        let depth = self.bounded(inner.depth + 1)?;
        Ok(match inner.expr {
            Expr::Literal(Literal::Int(number)) if number != i64::MIN => {
                (Expr::Literal(Literal::Int(-number)), 1)
            }
            Expr::Literal(Literal::Float(number)) => (Expr::Literal(Literal::Float(-number)), 1),
            Expr::Literal(Literal::Duration(number)) => (Expr::Literal(Literal::Duration(-number)), 1),
            other => (Expr::Negative(Box::new(other)), depth),
        })
    }

    /// A bare word: an intrinsic or a value.
    fn word(&mut self, word: &str) -> Result<Expr, QueryError> {
        if let Some(literal) = self.value_word() {
            return Ok(Expr::Literal(literal));
        }
        match bare_intrinsic(word) {
            Some(intrinsic) => {
                self.advance();
                Ok(Expr::Field(Field::Intrinsic(intrinsic)))
            }
            None => Err(self.unknown_word(word)),
        }
    }

    fn unknown_word(&self, word: &str) -> QueryError {
        let bare = INTRINSICS
            .iter()
            .filter(|(scope, ..)| scope.is_empty())
            .map(|(_, name, _)| *name);
        let known = bare.chain(VALUES.iter().map(|(word, _)| *word));
        let near = suggest(word, known);
        let near = if near.starts_with("did") {
            near + " "
        } else {
            String::new()
        };
        self.error(format!("`{word}` is neither an intrinsic nor a value"))
            .help(format!("{near}attributes are written with their scope: `span.{word}`, `resource.{word}`, or `.{word}` for any"))
    }

    /// A field by itself, as `select(…)`, `by (…)` and the functions of metrics take it.
    pub(super) fn field(&mut self) -> Result<Field, QueryError> {
        match self.peek().kind.clone() {
            TokenKind::Field(field) => {
                self.advance();
                Ok(field)
            }
            TokenKind::Word(word) => match bare_intrinsic(&word) {
                Some(intrinsic) => {
                    self.advance();
                    Ok(Field::Intrinsic(intrinsic))
                }
                None => Err(self.unknown_word(&word)),
            },
            _ => Err(self.expected("an attribute or an intrinsic")),
        }
    }

    /// An expression in brackets that says something of the span: `by(…)`, and a number for `avg(…)` and the like.
    pub(super) fn argument(&mut self, of: &str, number: bool) -> Result<Expr, QueryError> {
        self.expect("(")?;
        let typed = self.expression(level::LOGIC)?;
        let kind = Type::of(&typed.expr);
        if number && !kind.is_number() && kind != Type::Any {
            return Err(self
                .about(
                    &typed,
                    format!("`{of}` needs numbers, and this is {}", kind.name()),
                )
                .help("write an attribute or an intrinsic with numbers, such as `duration`"));
        }
        if !speaks_of_span(&typed.expr) {
            return Err(self
                .about(
                    &typed,
                    format!("`{of}` needs something that spans say, and this is the same for all"),
                )
                .help("write an attribute or an intrinsic, such as `duration`"));
        }
        self.expect(")")?;
        Ok(typed.expr)
    }

    /// `left =~ "…"`, from the text on.
    fn matching(&mut self, left: Typed, negated: bool) -> Result<Typed, QueryError> {
        let kind = Type::of(&left.expr);
        if !matches!(kind, Type::String | Type::Any) {
            return Err(self.about(
                &left,
                format!("a regular expression matches text, and this is {}", kind.name()),
            ));
        }
        let token = self.peek().clone();
        let TokenKind::Text(text) = token.kind.clone() else {
            return Err(self
                .expected("a regular expression")
                .help("write it in double quotes or backquotes: `` `GET|PUT` ``"));
        };
        self.advance();
        let pattern = self.pattern(text, &token)?;
        Ok(Typed {
            depth: self.bounded(left.depth + 1)?,
            expr: Expr::Match {
                negated,
                text: Box::new(left.expr),
                pattern,
            },
            offset: left.offset,
            end: self.passed(),
        })
    }

    fn combined(
        &self,
        operator: Operator,
        left: Typed,
        right: Typed,
        sign: &Token,
    ) -> Result<Typed, QueryError> {
        let (offset, end) = (left.offset, right.end);
        let (of_left, of_right) = (Type::of(&left.expr), Type::of(&right.expr));
        let mut depth = self.bounded(left.depth.max(right.depth) + 1)?;
        let expr = match operator {
            Operator::And | Operator::Or => {
                for side in [&left, &right] {
                    let kind = Type::of(&side.expr);
                    if !matches!(kind, Type::Bool | Type::Any) {
                        let message = format!("`&&` and `||` join conditions, and this is {}", kind.name());
                        return Err(self.about(side, message).help("compare it with something"));
                    }
                }
                // Many of one sort in a row nest no deeper than two.
                if matches!(
                    (&operator, &left.expr),
                    (Operator::And, Expr::All(_)) | (Operator::Or, Expr::Any(_))
                ) {
                    depth = left.depth.max(right.depth + 1);
                }
                match (operator, left.expr) {
                    (Operator::And, Expr::All(mut parts)) => {
                        parts.push(right.expr);
                        Expr::All(parts)
                    }
                    (Operator::Or, Expr::Any(mut parts)) => {
                        parts.push(right.expr);
                        Expr::Any(parts)
                    }
                    (Operator::And, first) => Expr::All(vec![first, right.expr]),
                    (_, first) => Expr::Any(vec![first, right.expr]),
                }
            }
            Operator::Compare(comparison) => {
                let nil = |typed: &Typed| typed.expr == Expr::Literal(Literal::Nil);
                match (nil(&left), nil(&right)) {
                    (true, _) => self.nil(comparison, right, sign)?,
                    (_, true) => self.nil(comparison, left, sign)?,
                    _ => {
                        self.check_types(comparison, &left, &right)?;
                        Expr::Compare {
                            operator: comparison,
                            left: Box::new(left.expr),
                            right: Box::new(right.expr),
                        }
                    }
                }
            }
            Operator::Arithmetic(operator) => {
                for (side, kind) in [(&left, of_left), (&right, of_right)] {
                    if !kind.is_number() && kind != Type::Any {
                        return Err(self.about(
                            side,
                            format!("arithmetic needs numbers, and this is {}", kind.name()),
                        ));
                    }
                }
                Expr::Arithmetic {
                    operator,
                    left: Box::new(left.expr),
                    right: Box::new(right.expr),
                }
            }
            Operator::Match { .. } => return Err(self.unexpected()),
        };
        Ok(Typed {
            expr,
            depth,
            offset,
            end,
        })
    }

    /// A comparison of something with `nil`.
    fn nil(&self, comparison: Comparison, other: Typed, sign: &Token) -> Result<Expr, QueryError> {
        if other.expr == Expr::Literal(Literal::Nil) {
            return Ok(Expr::Literal(Literal::Bool(false)));
        }
        match comparison {
            Comparison::NotEqual => Ok(Expr::Exists(Box::new(other.expr))),
            Comparison::Equal if is_never_nil(&other.expr) => Err(self
                .about(&other, "an intrinsic is never nil")
                .help("only attributes, `parent` and what events and links say can be absent")),
            Comparison::Equal => Ok(Expr::Absent(Box::new(other.expr))),
            _ => Err(QueryError::at(
                self.query,
                sign.offset,
                sign.length,
                "`nil` is neither less nor greater",
            )
            .help("write `= nil` or `!= nil`")),
        }
    }

    fn check_types(&self, comparison: Comparison, left: &Typed, right: &Typed) -> Result<(), QueryError> {
        let (of_left, of_right) = (Type::of(&left.expr), Type::of(&right.expr));
        if !of_left.goes_with(of_right) {
            // What is written out is more likely to be wrong than what is asked about.
            let (wrong, is, should) = match &left.expr {
                Expr::Literal(_) if !matches!(right.expr, Expr::Literal(_)) => (left, of_left, of_right),
                _ => (right, of_right, of_left),
            };
            let message = format!("{} cannot be compared with {}", should.name(), is.name());
            return Err(self.about(wrong, message).help(should.example()));
        }
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return Ok(());
        }
        for (side, kind) in [(left, of_left), (right, of_right)] {
            if !kind.is_ordered() {
                return Err(self
                    .about(
                        side,
                        format!("{} is neither less nor greater than another", kind.name()),
                    )
                    .help("compare it by `=` or `!=`"));
            }
        }
        Ok(())
    }
}

fn bare_intrinsic(word: &str) -> Option<Intrinsic> {
    INTRINSICS
        .iter()
        .find(|(scope, name, _)| scope.is_empty() && *name == word)
        .map(|(_, _, intrinsic)| *intrinsic)
}

fn is_never_nil(expr: &Expr) -> bool {
    match expr {
        Expr::Field(Field::Intrinsic(intrinsic)) => !matches!(
            intrinsic,
            Intrinsic::Parent
                | Intrinsic::EventName
                | Intrinsic::EventTimeSinceStart
                | Intrinsic::LinkTraceId
                | Intrinsic::LinkSpanId
        ),
        _ => false,
    }
}
