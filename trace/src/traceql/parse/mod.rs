//! Reads a query, by precedence climbing. How deep it nests is bounded, and so is how much it holds.

mod field;
mod metrics;
mod node;

use super::MOST_PATTERNS;
use super::error::{QueryError, suggest};
use super::lexer::{self, Token, TokenKind};
use super::syntax::{Expression, Hint, Literal, Pattern, Pipeline, SpansetExpression, Stage};
use super::words::{self, STAGES, VALUES};
use node::Node;

/// How deep a query may nest, in brackets and in operators.
const DEEPEST: usize = 100;
/// How much memory a regular expression may take, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

/// How tightly operators bind, as in Tempo: `&&` and `||` alike.
mod level {
    pub const LOGIC: u8 = 1;
    pub const COMPARISON: u8 = 2;
    pub const SUM: u8 = 3;
    pub const NOT: u8 = 4;
    pub const PRODUCT: u8 = 5;
    pub const POWER: u8 = 6;

    /// The level of an arithmetic operator.
    pub fn of(operator: super::super::syntax::Arithmetic) -> u8 {
        use super::super::syntax::Arithmetic;
        match operator {
            Arithmetic::Add | Arithmetic::Subtract => SUM,
            Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => PRODUCT,
            Arithmetic::Power => POWER,
        }
    }
}

/// Reads a query and its hints.
pub(super) fn parse(query: &str) -> Result<(Expression, Vec<Hint>), QueryError> {
    let mut parser = Parser {
        query,
        tokens: lexer::tokens(query)?,
        next: 0,
        depth: 0,
        patterns: 0,
    };
    if parser.peek().kind == TokenKind::End {
        return Err(parser
            .expected("a query")
            .help("write one such as `{ status = error }`"));
    }
    let part = parser.pipeline()?;
    let expression = match part.node {
        Node::Spans(SpansetExpression::Pipeline(pipeline)) => Expression::Search(pipeline),
        Node::Spans(spans) => Expression::Search(Pipeline {
            stages: vec![Stage::Spans(spans)],
        }),
        Node::Metrics(metrics) => Expression::Metrics(metrics),
        Node::Scalar(_) | Node::Filter(_) => {
            return Err(
                QueryError::at(query, part.offset, part.length, "a number alone is no query")
                    .help("compare it: `{ } | count() > 2`"),
            );
        }
    };
    let hints = parser.hints()?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected());
    }
    Ok((expression, hints))
}

struct Parser<'a> {
    query: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    patterns: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        // The last token is the end, and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    /// Where the token before the next one ended.
    fn passed(&self) -> usize {
        self.next
            .checked_sub(1)
            .map_or(0, |last| self.tokens[last].offset + self.tokens[last].length)
    }

    fn sign(&self) -> Option<&'static str> {
        match self.peek().kind {
            TokenKind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn next_word(&self) -> Option<&str> {
        match &self.peek().kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Passes the sign if it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.sign() == Some(sign);
        if is_next {
            self.advance();
        }
        is_next
    }

    /// Passes the sign, which must come next.
    fn expect(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{sign}`")))
        }
    }

    /// An error at the next token.
    fn error(&self, message: impl Into<String>) -> QueryError {
        let token = self.peek();
        QueryError::at(self.query, token.offset, token.length, message)
    }

    /// An error that says what should have come next.
    fn expected(&self, what: &str) -> QueryError {
        let error = self.error(format!("{what} is expected here, not {}", self.shown()));
        match (
            self.sign(),
            self.next.checked_sub(1).map(|last| &self.tokens[last].kind),
        ) {
            (Some("="), Some(TokenKind::Sign("="))) => error.help("write a single `=`"),
            _ => error,
        }
    }

    /// The next token as it was written.
    fn shown(&self) -> String {
        let token = self.peek();
        match token.kind {
            TokenKind::End => "the end".to_owned(),
            _ => {
                let text: String = self
                    .query
                    .chars()
                    .skip(token.offset)
                    .take(token.length.min(40))
                    .collect();
                format!("`{text}`")
            }
        }
    }

    /// An error about a token that nothing expects.
    fn unexpected(&self) -> QueryError {
        let error = self.error(format!("{} is not expected here", self.shown()));
        match self.sign() {
            Some("=")
                if matches!(
                    self.tokens[..self.next].last(),
                    Some(Token {
                        kind: TokenKind::Sign("="),
                        ..
                    })
                ) =>
            {
                error.help("write a single `=`")
            }
            Some("}" | ")") => error.help("it closes nothing"),
            _ if matches!(self.peek().kind, TokenKind::Word(_)) => {
                error.help("stages are separated by `|`, and conditions joined by `&&` or `||`")
            }
            _ => error,
        }
    }

    /// Goes one level deeper, if that is not too deep.
    fn enter(&mut self) -> Result<(), QueryError> {
        self.depth += 1;
        self.bounded(self.depth).map(drop)
    }

    fn bounded(&self, depth: usize) -> Result<usize, QueryError> {
        if depth > DEEPEST {
            return Err(self
                .error(format!("the query nests deeper than {DEEPEST} levels"))
                .help("ask for less at once"));
        }
        Ok(depth)
    }

    /// A word that is a value, if one comes next.
    fn value_word(&mut self) -> Option<Literal> {
        let literal = words::meaning(VALUES, self.next_word()?)?;
        self.advance();
        Some(literal)
    }

    /// Compiles a regular expression, anchored at both ends, where `.` is any character.
    fn pattern(&mut self, text: String, token: &Token) -> Result<Pattern, QueryError> {
        let at = |message: String| QueryError::at(self.query, token.offset, token.length, message);
        self.patterns += 1;
        if self.patterns > MOST_PATTERNS {
            return Err(at(format!("more than {MOST_PATTERNS} regular expressions"))
                .help("join some of them by `|` within one"));
        }
        let build = |text: &str| {
            regex::RegexBuilder::new(text)
                .size_limit(PATTERN_SIZE)
                .dfa_size_limit(PATTERN_SIZE)
                .build()
        };
        // Built without the anchors first, since `a)|(b` is valid only between them.
        build(&text)
            .and_then(|_| build(&format!(r"\A(?s:{text})\z")))
            .map(|regex| Pattern {
                text: text.clone(),
                regex,
            })
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => at("the regular expression is too large".into())
                    .help("use fewer or smaller repetitions such as `{100}`"),
                error => {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim();
                    at(format!(
                        "invalid regular expression: {}",
                        reason.trim_start_matches("error: ")
                    ))
                    .help("the syntax is RE2's, without look-around and back-references")
                }
            })
    }

    /// `with(name=value, …)`, as often as it comes.
    fn hints(&mut self) -> Result<Vec<Hint>, QueryError> {
        let mut hints = Vec::new();
        while self.next_word() == Some("with") {
            self.advance();
            self.expect("(")?;
            loop {
                let TokenKind::Word(name) = self.peek().kind.clone() else {
                    return Err(self
                        .expected("a hint's name")
                        .help("write `with(most_recent=true)`"));
                };
                self.advance();
                self.expect("=")?;
                hints.push(Hint {
                    name,
                    value: self.literal()?,
                });
                if !self.takes(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        Ok(hints)
    }

    /// A value as it is written.
    fn literal(&mut self) -> Result<Literal, QueryError> {
        let negative = self.takes("-");
        if let Some(literal) = self.value_word() {
            return Ok(literal);
        }
        let literal = match self.peek().kind.clone() {
            TokenKind::Int(number) => Literal::Int(if negative { -number } else { number }),
            TokenKind::Float(number) => Literal::Float(if negative { -number } else { number }),
            TokenKind::Duration(number) => Literal::Duration(if negative { -number } else { number }),
            TokenKind::Text(text) if !negative => Literal::String(text),
            _ => return Err(self.expected("a value")),
        };
        self.advance();
        Ok(literal)
    }

    /// What to say about a word that no stage begins with.
    fn unknown_stage(&self, word: &str) -> QueryError {
        let known = STAGES.iter().chain(words::METRICS).copied();
        self.error(format!("`{word}` is no stage of a query"))
            .help(suggest(word, known))
    }
}
