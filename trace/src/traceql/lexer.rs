//! A query's text as tokens.

use super::error::{QueryError, suggest};
use super::syntax::{Field, Scope};
use super::words::{INTRINSICS, SCOPES};
use crate::view::Key;

/// A token and where it stands, in characters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub offset: usize,
    pub length: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A word without a scope: an intrinsic, a function, a value.
    Word(String),
    /// An attribute, or an intrinsic with its scope.
    Field(Field),
    Text(String),
    Int(i64),
    Float(f64),
    /// In nanoseconds.
    Duration(i64),
    Sign(&'static str),
    End,
}

/// The signs, longer ones before those that they begin with.
const SIGNS: [&str; 33] = [
    "!>>", "!<<", "&>>", "&<<", "!>", "!<", "!~", "!=", "&>", "&<", "&~", "&&", "||", ">>", "<<", ">=", "<=",
    "=~", "{", "}", "(", ")", ",", "=", ">", "<", "~", "+", "-", "*", "/", "%", "^",
];

/// The tokens, with [`TokenKind::End`] last.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, QueryError> {
    let letters: Vec<char> = query.chars().collect();
    let mut lexer = Lexer {
        query,
        letters: &letters,
        at: 0,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space()?;
        let offset = lexer.at;
        let kind = lexer.next()?;
        let end = kind == TokenKind::End;
        tokens.push(Token {
            kind,
            offset,
            length: lexer.at - offset,
        });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    query: &'a str,
    letters: &'a [char],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> char {
        // NUL stands for the end; as a letter of a query it has no meaning either.
        self.letters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, letter)| self.peek(ahead) == letter)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let from = self.at;
        while self.at < self.letters.len() && belongs(self.letters[self.at]) {
            self.at += 1;
        }
        self.letters[from..self.at].iter().collect()
    }

    fn error(&self, from: usize, message: impl Into<String>) -> QueryError {
        QueryError::at(self.query, from, self.at.saturating_sub(from), message)
    }

    /// Passes white space and comments.
    fn skip_space(&mut self) -> Result<(), QueryError> {
        loop {
            self.take_while(char::is_whitespace);
            if self.starts_with("//") {
                self.take_while(|letter| letter != '\n');
            } else if self.starts_with("/*") {
                let from = self.at;
                self.at += 2;
                while !self.starts_with("*/") {
                    if self.at >= self.letters.len() {
                        self.at = from + 2;
                        return Err(self
                            .error(from, "this comment has no end")
                            .help("write `*/` after it"));
                    }
                    self.at += 1;
                }
                self.at += 2;
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<TokenKind, QueryError> {
        let first = self.peek(0);
        if self.at >= self.letters.len() {
            return Ok(TokenKind::End);
        }
        if first.is_ascii_digit() || (first == '.' && self.peek(1).is_ascii_digit()) {
            return self.number();
        }
        if first == '.' {
            return self.attribute("");
        }
        if first.is_alphabetic() || first == '_' {
            return self.word();
        }
        if first == '"' {
            return self.text();
        }
        if first == '`' {
            return self.raw_text();
        }
        for sign in SIGNS {
            if self.starts_with(sign) {
                self.at += sign.chars().count();
                return Ok(TokenKind::Sign(sign));
            }
        }
        if first == '|' {
            self.at += 1;
            return Ok(TokenKind::Sign("|"));
        }
        if first == '!' {
            self.at += 1;
            return Ok(TokenKind::Sign("!"));
        }
        let from = self.at;
        self.at += 1;
        let shown = if first.is_control() { '\u{fffd}' } else { first };
        let help = match first {
            '\'' => "write text in double quotes: `\"GET\"`",
            '&' => "write `&&`",
            _ => "",
        };
        Err(self
            .error(from, format!("`{shown}` has no meaning here"))
            .help(help))
    }

    /// A word; with a full stop after it a scope of attributes, with a colon one of intrinsics.
    fn word(&mut self) -> Result<TokenKind, QueryError> {
        let from = self.at;
        let word = self.take_while(|letter| letter.is_alphanumeric() || letter == '_');
        match self.peek(0) {
            '.' => match SCOPES.iter().any(|(scope, _)| *scope == word) {
                true => self.attribute(&word),
                false => {
                    let scopes = SCOPES
                        .iter()
                        .map(|(scope, _)| *scope)
                        .filter(|scope| !scope.is_empty());
                    Err(self
                        .error(from, format!("`{word}` is no scope of attributes"))
                        .help(format!(
                            "write `.{word}…` if the attribute's name begins so; of scopes, {}",
                            suggest(&word, scopes)
                        )))
                }
            },
            ':' => self.intrinsic(from, &word),
            _ => Ok(TokenKind::Word(word)),
        }
    }

    fn intrinsic(&mut self, from: usize, scope: &str) -> Result<TokenKind, QueryError> {
        let mut scopes: Vec<_> = INTRINSICS
            .iter()
            .map(|(scope, ..)| *scope)
            .filter(|scope| !scope.is_empty())
            .collect();
        scopes.dedup();
        if !scopes.contains(&scope) {
            return Err(self
                .error(from, format!("`{scope}` is no scope of intrinsics"))
                .help(suggest(scope, scopes)));
        }
        self.at += 1;
        let name = self.take_while(|letter| letter.is_alphanumeric() || letter == '_');
        let known = INTRINSICS.iter().filter(|(of, ..)| *of == scope);
        match known.clone().find(|(_, known, _)| *known == name) {
            Some((_, _, intrinsic)) => Ok(TokenKind::Field(Field::Intrinsic(*intrinsic))),
            None => Err(self
                .error(from, format!("a {scope} has no `{name}`"))
                .help(suggest(&name, known.map(|(_, name, _)| *name)))),
        }
    }

    /// An attribute, from the full stop after its scope.
    fn attribute(&mut self, scope: &str) -> Result<TokenKind, QueryError> {
        let from = self.at;
        self.at += 1;
        let mut scope = scope.to_owned();
        if scope == "parent" {
            for inner in ["span", "resource"] {
                if self.starts_with(inner) && self.peek(inner.len()) == '.' {
                    scope = format!("parent.{inner}");
                    self.at += inner.len() + 1;
                    break;
                }
            }
        }
        let mut key = String::new();
        while self.at < self.letters.len() {
            match self.peek(0) {
                '"' => key.push_str(&self.quoted_part()?),
                letter if is_part_of_name(letter) => {
                    key.push(letter);
                    self.at += 1;
                }
                _ => break,
            }
        }
        if key.is_empty() {
            return Err(self.error(from, "an attribute's name is expected after `.`"));
        }
        let scope = super::words::meaning(SCOPES, &scope).unwrap_or(Scope::Any);
        Ok(TokenKind::Field(Field::Attribute(scope, Key::new(&key))))
    }

    /// A part of an attribute's name in double quotes.
    fn quoted_part(&mut self) -> Result<String, QueryError> {
        let from = self.at;
        self.at += 1;
        let mut part = String::new();
        while self.at < self.letters.len() {
            let letter = self.peek(0);
            self.at += 1;
            match letter {
                '"' => return Ok(part),
                '\\' if matches!(self.peek(0), '"' | '\\') => {
                    part.push(self.peek(0));
                    self.at += 1;
                }
                '\\' => {
                    return Err(self.error(
                        self.at - 1,
                        "only `\\\"` and `\\\\` have a meaning in an attribute's name",
                    ));
                }
                letter => part.push(letter),
            }
        }
        Err(self.unclosed(from, '"'))
    }

    fn unclosed(&mut self, from: usize, quote: char) -> QueryError {
        self.at = from + 1;
        self.error(from, format!("this text has no closing `{quote}`"))
    }

    fn raw_text(&mut self) -> Result<TokenKind, QueryError> {
        let from = self.at;
        self.at += 1;
        let text = self.take_while(|letter| letter != '`');
        if self.peek(0) != '`' {
            return Err(self.unclosed(from, '`'));
        }
        self.at += 1;
        Ok(TokenKind::Text(text.replace('\r', "")))
    }

    fn text(&mut self) -> Result<TokenKind, QueryError> {
        let from = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let letter = self.peek(0);
            if self.at >= self.letters.len() || letter == '\n' {
                return Err(self.unclosed(from, '"'));
            }
            self.at += 1;
            match letter {
                '"' => return Ok(TokenKind::Text(text)),
                '\\' => text.push(self.escape()?),
                letter => text.push(letter),
            }
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, QueryError> {
        let from = self.at - 1;
        let letter = self.peek(0);
        self.at += 1;
        let digits = match letter {
            'a' => return Ok('\u{7}'),
            'b' => return Ok('\u{8}'),
            'f' => return Ok('\u{c}'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            'v' => return Ok('\u{b}'),
            '\\' | '"' => return Ok(letter),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                return Err(self
                    .error(from, format!("`\\{letter}` has no meaning in text"))
                    .help("write `\\\\` for a backslash, or put the text in backquotes"));
            }
        };
        let until = (self.at + digits).min(self.letters.len());
        let code: String = self.letters[self.at..until].iter().collect();
        self.at = until;
        u32::from_str_radix(&code, 16)
            .ok()
            .filter(|code| digits > 2 || *code < 0x80)
            .and_then(char::from_u32)
            .filter(|_| code.len() == digits)
            .ok_or_else(|| {
                self.error(from, "this is not a character")
                    .help("write `\\u` and four hex digits")
            })
    }

    /// A number or a duration.
    fn number(&mut self) -> Result<TokenKind, QueryError> {
        let from = self.at;
        let mut text = self.take_while(|letter| letter.is_ascii_digit());
        let mut is_float = false;
        if self.peek(0) == '.' && self.peek(1) != '.' {
            is_float = true;
            self.at += 1;
            text.push('.');
            text.push_str(&self.take_while(|letter| letter.is_ascii_digit()));
        }
        if matches!(self.peek(0), 'e' | 'E') {
            let signed = usize::from(matches!(self.peek(1), '+' | '-'));
            if self.peek(1 + signed).is_ascii_digit() {
                is_float = true;
                text.extend(&self.letters[self.at..=self.at + signed]);
                self.at += 1 + signed;
                text.push_str(&self.take_while(|letter| letter.is_ascii_digit()));
            }
        }
        if self.peek(0).is_alphabetic() || self.peek(0) == '_' {
            let rest = self.take_while(|letter| letter.is_alphanumeric() || "._".contains(letter));
            return duration(&(text.clone() + &rest))
                .map(TokenKind::Duration)
                .ok_or_else(|| {
                    self.error(from, format!("`{text}{rest}` is neither a number nor a duration"))
                        .help("write a duration such as `1.5s`, `200ms` or `1h30m`")
                });
        }
        let read = if is_float {
            text.parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(TokenKind::Float)
        } else {
            text.parse().ok().map(TokenKind::Int)
        };
        read.ok_or_else(|| {
            self.error(from, format!("`{text}` is out of range"))
                .help("whole numbers go up to `maxInt`")
        })
    }
}

/// Whether a letter can be in an attribute's name outside quotes.
pub(super) fn is_part_of_name(letter: char) -> bool {
    !letter.is_whitespace() && !"{}()=~!<>&|^,\"\0".contains(letter)
}

/// `1h30m`, `1.5s`: numbers with units, each of a unit once or more, in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, f64); 10] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("μs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("h", 3_600e9),
        ("d", 86_400e9),
        ("w", 604_800e9),
    ];
    let mut rest = text;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(after.len());
        let unit = &after[..unit_end];
        let nanoseconds = match unit {
            "y" => 365.0 * 86_400e9,
            _ => super::words::meaning(&UNITS, unit)?,
        };
        total += match number.parse::<u64>() {
            Ok(whole) => i128::from(whole) * nanoseconds as i128,
            Err(_) => {
                (number.parse::<f64>().ok().filter(|number| *number < 1e18)? * nanoseconds).round() as i128
            }
        };
        rest = &after[unit_end..];
    }
    i64::try_from(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(query: &str) -> Vec<TokenKind> {
        tokens(query)
            .expect(query)
            .into_iter()
            .map(|token| token.kind)
            .collect()
    }

    #[test]
    fn an_attribute_ends_where_tempo_ends_it() {
        let attribute = |scope, key: &str| TokenKind::Field(Field::Attribute(scope, Key::new(key)));
        assert_eq!(
            kinds("{.a-1.b/c=parent.span.x\" y\"z}")[1..4],
            [
                attribute(Scope::Any, "a-1.b/c"),
                TokenKind::Sign("="),
                attribute(Scope::ParentSpan, "x yz")
            ]
        );
        assert_eq!(kinds("span.\"a\\\"b\"")[0], attribute(Scope::Span, "a\"b"));
        assert_eq!(kinds("parent.spanner")[0], attribute(Scope::Parent, "spanner"));
    }

    #[test]
    fn numbers_durations_and_text_are_read() {
        assert_eq!(
            kinds("1 1.5 .5 1e3 1h30m 1.5s 2d 10µs \"a\\n\\u00e9\" `\\n` // end"),
            [
                TokenKind::Int(1),
                TokenKind::Float(1.5),
                TokenKind::Float(0.5),
                TokenKind::Float(1000.0),
                TokenKind::Duration(5_400_000_000_000),
                TokenKind::Duration(1_500_000_000),
                TokenKind::Duration(172_800_000_000_000),
                TokenKind::Duration(10_000),
                TokenKind::Text("a\né".into()),
                TokenKind::Text("\\n".into()),
                TokenKind::End,
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_column() {
        for (query, column, message) in [
            ("{ .a = 'x' }", 8, "`'` has no meaning here"),
            ("{ .a = \"x }", 8, "this text has no closing `\"`"),
            ("{ spam.a = 1 }", 3, "`spam` is no scope of attributes"),
            ("{ span:nme = 1 }", 3, "a span has no `nme`"),
            ("{ . }", 3, "an attribute's name is expected after `.`"),
            (
                "{ .a = 10parsecs }",
                8,
                "`10parsecs` is neither a number nor a duration",
            ),
            (
                "{ .a = 9223372036854775808 }",
                8,
                "`9223372036854775808` is out of range",
            ),
            ("/* {}", 1, "this comment has no end"),
        ] {
            let error = tokens(query).expect_err(query);
            assert_eq!(
                (error.column, error.message.as_str()),
                (column, message),
                "{query}"
            );
        }
    }
}
