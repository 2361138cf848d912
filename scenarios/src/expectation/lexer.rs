//! Cuts an expectation into tokens, each with its place in characters.

use super::ExpectationError;

/// A piece of an expectation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) offset: usize,
    pub(super) length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// `order-history`, `p`.
    Word(&'a str),
    /// `250ms`, `1%`, `50/s`, `1.5`: a number with what follows it without a space.
    Quantity(&'a str),
    /// What stands between double quotes.
    Text(&'a str),
    /// `(`, `)`, `,`, `*`, `<=` …
    Sign(&'a str),
    /// After the last token.
    End,
}

impl Token<'_> {
    /// An error at this token.
    pub(super) fn error(&self, message: impl Into<String>, help: impl Into<String>) -> ExpectationError {
        let help = help.into();
        ExpectationError {
            in_quantifier: false,
            offset: self.offset,
            length: self.length.max(1),
            message: message.into(),
            help: (!help.is_empty()).then_some(help),
        }
    }

    /// What is there, for `… is expected here, not X`.
    pub(super) fn show(&self) -> String {
        match self.kind {
            TokenKind::Word(text) | TokenKind::Quantity(text) | TokenKind::Sign(text) => format!("`{text}`"),
            TokenKind::Text(text) => format!("`\"{text}\"`"),
            TokenKind::End => "the end".to_owned(),
        }
    }
}

/// All tokens; the last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ExpectationError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut offset = 0;
    loop {
        let trimmed = rest.trim_start();
        offset += rest.chars().count() - trimmed.chars().count();
        rest = trimmed;
        let Some(first) = rest.chars().next() else { break };
        let (kind, bytes) = token(first, rest).map_err(|message| {
            let place = Token {
                kind: TokenKind::End,
                offset,
                length: 1,
            };
            place.error(message, "")
        })?;
        let length = rest[..bytes].chars().count();
        tokens.push(Token { kind, offset, length });
        offset += length;
        rest = &rest[bytes..];
    }
    tokens.push(Token {
        kind: TokenKind::End,
        offset,
        length: 1,
    });
    Ok(tokens)
}

/// The token at the beginning of the text, and how many bytes it has.
fn token(first: char, text: &str) -> Result<(TokenKind<'_>, usize), String> {
    let while_true = |belongs: fn(char) -> bool| text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    if first.is_ascii_digit() {
        // `/` begins the unit of a rate; a number is never divided.
        let end = while_true(|letter| letter.is_ascii_alphanumeric() || "._%/".contains(letter));
        return Ok((TokenKind::Quantity(&text[..end]), end));
    }
    if first.is_ascii_alphabetic() {
        let end = while_true(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        return Ok((TokenKind::Word(&text[..end]), end));
    }
    if first == '"' {
        return match text[1..].find('"') {
            Some(end) => Ok((TokenKind::Text(&text[1..=end]), end + 2)),
            None => Err("this text has no closing `\"`".to_owned()),
        };
    }
    for sign in ["<=", ">=", "!=", "==", "<", ">", "=", "(", ")", ",", "*"] {
        if text.starts_with(sign) {
            return Ok((TokenKind::Sign(&text[..sign.len()]), sign.len()));
        }
    }
    let shown = if first.is_control() { '\u{fffd}' } else { first };
    Err(format!("`{shown}` has no meaning here"))
}
