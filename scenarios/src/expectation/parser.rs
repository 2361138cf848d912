//! Reads a comparison by recursive descent.

use super::lexer::{Token, TokenKind, tokens};
use super::{Comparison, ExpectationError, Kind, Operand, Operator, Quantity, Term, Words};
use crate::units;
use crate::words;

/// The tokens that are left.
pub(super) struct Parser<'t, 'w> {
    tokens: Vec<Token<'t>>,
    next: usize,
    pub(super) words: &'w Words<'w>,
}

impl<'t, 'w> Parser<'t, 'w> {
    pub(super) fn new(text: &'t str, words: &'w Words<'w>) -> Result<Self, ExpectationError> {
        Ok(Self {
            tokens: tokens(text)?,
            next: 0,
            words,
        })
    }

    pub(super) fn peek(&self) -> &Token<'t> {
        // The last token is the end, and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    pub(super) fn advance(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// Passes the sign if it comes next.
    pub(super) fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.peek().kind == TokenKind::Sign(sign);
        if is_next {
            self.next += 1;
        }
        is_next
    }

    /// Passes the sign, which must come next.
    pub(super) fn expect(&mut self, sign: &str) -> Result<(), ExpectationError> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{sign}`"), ""))
        }
    }

    /// An error that says what should have come next.
    pub(super) fn expected(&self, what: &str, help: &str) -> ExpectationError {
        let token = self.peek();
        token.error(format!("{what} is expected here, not {}", token.show()), help)
    }

    /// One of the known words.
    pub(super) fn word(&mut self, what: &str, known: &[&str]) -> Result<&'t str, ExpectationError> {
        let TokenKind::Word(word) = self.peek().kind else {
            return Err(self.expected(what, &words::suggest("", known.iter().copied())));
        };
        if known.contains(&word) {
            self.next += 1;
            return Ok(word);
        }
        let what = what.trim_start_matches("a ");
        Err(self.peek().error(
            format!("unknown {what} `{word}`"),
            words::suggest(word, known.iter().copied()),
        ))
    }

    pub(super) fn end(&self) -> Result<(), ExpectationError> {
        if self.peek().kind == TokenKind::End {
            Ok(())
        } else {
            Err(self.expected("the end", ""))
        }
    }
}

/// Reads `TERM OPERATOR QUANTITY` or `TERM OPERATOR [FACTOR *] TERM`.
pub(super) fn comparison(text: &str, words: &Words<'_>) -> Result<Comparison, ExpectationError> {
    not_yet(text)?;
    let mut parser = Parser::new(text, words)?;
    let left = parser.term()?;
    let operator = operator(&mut parser)?;
    let start = parser.peek().clone();
    let right = operand(&mut parser)?;
    parser.end()?;
    let (expected, found) = (left.kind(), kind_of(&right));
    if expected != found {
        let message = format!("{} cannot be compared with {}", expected.name(), found.name());
        return Err(start.error(message, format!("write {}", expected.example())));
    }
    Ok(Comparison {
        left,
        operator,
        right,
    })
}

/// Holds what a quantifier needs: something that can be judged trace by trace.
pub(super) fn check_quantifiable(text: &str, comparison: &Comparison) -> Result<(), ExpectationError> {
    let whole = Token {
        kind: TokenKind::End,
        offset: 0,
        length: text.chars().count(),
    };
    match (&comparison.left, &comparison.right) {
        (Term::Spans { cohort, .. }, Operand::Quantity(_)) if *cohort == super::Cohort::All => Ok(()),
        (Term::Spans { .. }, Operand::Quantity(_)) => Err(whole.error(
            "the quantifier says of which traces this must hold, so that `spans` cannot",
            "remove the cohort from `spans(…)`",
        )),
        _ => Err(whole.error(
            "only `spans(SERVICE, \"NAME\")` compared with a number can be judged trace by trace",
            "remove what is after the `:`",
        )),
    }
}

/// Refuses what the language will have and does not have yet.
fn not_yet(text: &str) -> Result<(), ExpectationError> {
    let start = text.trim_start();
    let after = start.strip_prefix("diagnosis").unwrap_or("x");
    if after.is_empty() || after.starts_with([' ', '=', '!']) {
        let word = Token {
            kind: TokenKind::End,
            offset: text.chars().count() - start.chars().count(),
            length: 9,
        };
        return Err(word.error("the diagnosis is not available yet", "remove this expectation"));
    }
    Ok(())
}

fn operator(parser: &mut Parser<'_, '_>) -> Result<Operator, ExpectationError> {
    let operator = match parser.peek().kind {
        TokenKind::Sign("<") => Operator::Less,
        TokenKind::Sign("<=") => Operator::LessOrEqual,
        TokenKind::Sign(">") => Operator::Greater,
        TokenKind::Sign(">=") => Operator::GreaterOrEqual,
        TokenKind::Sign("=") => Operator::Equal,
        TokenKind::Sign("!=") => Operator::NotEqual,
        _ => return Err(parser.expected("a comparison", "write one of `<`, `<=`, `>`, `>=`, `=`, `!=`")),
    };
    parser.advance();
    Ok(operator)
}

fn operand(parser: &mut Parser<'_, '_>) -> Result<Operand, ExpectationError> {
    let TokenKind::Quantity(text) = parser.peek().kind else {
        return Ok(Operand::Scaled {
            factor: 1.0,
            term: parser.term()?,
        });
    };
    let token = parser.advance();
    if parser.takes("*") {
        let factor = units::plain(text).ok_or_else(|| {
            token.error(
                format!("`{text}` is not a factor"),
                "write a plain number such as `1.5`",
            )
        })?;
        return Ok(Operand::Scaled {
            factor,
            term: parser.term()?,
        });
    }
    quantity(text)
        .map(Operand::Quantity)
        .map_err(|(message, help)| token.error(message, help))
}

/// Reads a quantity by its unit; the error is what is wrong, and what to write.
fn quantity(text: &str) -> Result<Quantity, (String, String)> {
    let in_words = |error: units::UnitError| (error.to_string(), error.help().to_owned());
    if let Some(number) = units::plain(text) {
        Ok(Quantity::Number(number))
    } else if text.ends_with('%') {
        units::share(text).map(Quantity::Share).map_err(in_words)
    } else if text.contains('/') {
        units::rate(text).map(Quantity::Rate).map_err(in_words)
    } else {
        units::duration(text).map(Quantity::Duration).map_err(in_words)
    }
}

fn kind_of(operand: &Operand) -> Kind {
    match operand {
        Operand::Quantity(quantity) => quantity.kind(),
        Operand::Scaled { term, .. } => term.kind(),
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Duration => "a duration",
            Self::Share => "a share",
            Self::Rate => "a rate",
            Self::Number => "a number",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Duration => "a duration such as `250ms`",
            Self::Share => "a share such as `1%`",
            Self::Rate => "a rate such as `50/s`",
            Self::Number => "a plain number such as `10`",
        }
    }
}
