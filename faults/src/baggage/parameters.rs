//! A fault's parameters: checked when they are read, typed when they are used.

use std::time::Duration;

use scenarios::{units, words};

use super::error::shortened;
use super::{ActiveFault, BaggageError};
use crate::catalogue::{self, Fault, Parameter, ParameterKind};

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterValue {
    /// Of a [`ParameterKind::Duration`].
    Duration(Duration),
    /// Of a [`ParameterKind::OneOf`].
    Word(&'static str),
}

impl ActiveFault {
    /// The value of a parameter: as written, or the catalogue's default; none when the fault has no such parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<ParameterValue> {
        let parameter = catalogue::find(self.fault)?.parameter(name)?;
        let written = self.parameters.get(name).map(String::as_str);
        read(parameter, written.unwrap_or(parameter.default)).ok()
    }

    /// The value of a parameter that is a duration; zero when the fault has no such parameter.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        match self.parameter(name) {
            Some(ParameterValue::Duration(duration)) => duration,
            _ => Duration::ZERO,
        }
    }

    /// The value of a parameter that is a word; empty when the fault has no such parameter.
    #[must_use]
    pub fn word(&self, name: &str) -> &'static str {
        match self.parameter(name) {
            Some(ParameterValue::Word(word)) => word,
            _ => "",
        }
    }
}

/// Checks a parameter as written.
pub(super) fn check(fault: &'static Fault, name: &str, value: &str) -> Result<(), BaggageError> {
    let parameter = fault
        .parameter(name)
        .ok_or_else(|| BaggageError::unknown_parameter(fault, name))?;
    read(parameter, value)
        .map(drop)
        .map_err(|help| BaggageError::BadValue {
            fault: fault.name,
            name: parameter.name,
            value: shortened(value),
            help,
        })
}

/// Reads a value; the error is what it can be instead.
pub(crate) fn read(parameter: &'static Parameter, value: &str) -> Result<ParameterValue, String> {
    match parameter.kind {
        ParameterKind::Duration { max_ms } => {
            let duration = units::duration(value).map_err(|error| error.help().to_owned())?;
            let max = Duration::from_millis(max_ms);
            if duration > max {
                return Err(format!("the most is {}", units::show_duration(max)));
            }
            Ok(ParameterValue::Duration(duration))
        }
        ParameterKind::OneOf(known) => known
            .iter()
            .find(|word| **word == value)
            .map(|word| ParameterValue::Word(word))
            .ok_or_else(|| words::suggest(value, known.iter().copied())),
    }
}
