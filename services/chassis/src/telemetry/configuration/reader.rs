//! Reading variables, and noting what is in effect because of each.

use std::time::Duration;

use super::values::pairs;
use super::{Compression, Destination, Protocol};
use crate::telemetry::propagation::Format;
use crate::telemetry::sampler::Kind;

/// A variable, and what is in effect because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `OTEL_PROPAGATORS`.
    pub variable: &'static str,
    /// What is in effect. Headers are shown by name only: their values are secrets.
    pub value: String,
    /// Where that comes from.
    pub source: Source,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The variable is not set.
    Default,
    /// The variable says so.
    Environment,
    /// The variable says something that is not understood; the default is in effect.
    NotUnderstood {
        /// What it says.
        given: String,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Environment => formatter.write_str("environment"),
            Self::NotUnderstood { given } => write!(formatter, "default, since `{given}` is not understood"),
        }
    }
}

/// Reads variables, and notes what is in effect.
pub(super) struct Reader<'a> {
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    pub settings: Vec<Setting>,
}

impl Reader<'_> {
    /// An empty variable counts as one that is not set.
    fn given(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    pub(super) fn note(&mut self, variable: &'static str, value: impl Into<String>, source: Source) {
        self.settings.push(Setting {
            variable,
            value: value.into(),
            source,
        });
    }

    pub(super) fn read<T>(
        &mut self,
        variable: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T
    where
        T: Fallback,
    {
        match self.given(variable) {
            None => self.note(variable, default, Source::Default),
            Some(text) => match parse(&text) {
                Some(value) => {
                    self.note(variable, text, Source::Environment);
                    return value;
                }
                None => self.note(variable, default, Source::NotUnderstood { given: text }),
            },
        }
        parse(default).unwrap_or_else(T::fallback)
    }

    /// A variable without a default; noted only when it is set.
    pub(super) fn optional<T>(
        &mut self,
        variable: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.given(variable)?;
        let value = parse(&text);
        match value {
            Some(_) => self.note(variable, text, Source::Environment),
            None => self.note(variable, "", Source::NotUnderstood { given: text }),
        }
        value
    }

    /// Headers: noted by name.
    pub(super) fn secret(&mut self, variable: &'static str) -> Option<Vec<(String, String)>> {
        let headers = pairs(&self.given(variable)?);
        match &headers {
            Some(headers) => {
                let names: Vec<_> = headers.iter().map(|(name, _)| format!("{name}=…")).collect();
                self.note(variable, names.join(","), Source::Environment);
            }
            None => self.note(
                variable,
                "",
                Source::NotUnderstood {
                    given: "…".to_owned(),
                },
            ),
        }
        headers
    }
}

/// What to use should a default of ours not parse, which a test rules out.
pub(super) trait Fallback {
    fn fallback() -> Self;
}

macro_rules! fallbacks {
    ($($type:ty => $value:expr;)+) => {
        $(impl Fallback for $type {
            fn fallback() -> Self {
                $value
            }
        })+
    };
}

fallbacks! {
    bool => false;
    f64 => 1.0;
    usize => 1;
    String => String::new();
    Duration => Duration::from_secs(1);
    Vec<(String, String)> => Vec::new();
    Vec<Format> => Vec::new();
    Kind => Kind::AlwaysOn { by_parent: true };
    Protocol => Protocol::HttpProtobuf;
    Compression => Compression::None;
    Destination => Destination::Otlp;
}
