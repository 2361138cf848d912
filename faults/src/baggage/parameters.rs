//! A fault's parameters: checked when they are read, typed when they are used.

use std::time::Duration;

use scenarios::{units, words};

use super::error::shortened;
use super::{ActiveFault, BaggageError};
use crate::catalogue::{self, Fault, Parameter, ParameterKind, read_byte_rate, read_size};

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParameterValue {
    /// Of a [`ParameterKind::Duration`].
    Duration(Duration),
    /// Of a [`ParameterKind::Count`].
    Count(u64),
    /// Of a [`ParameterKind::Size`], in bytes.
    Size(u64),
    /// Of a [`ParameterKind::ByteRate`], in bytes a second.
    ByteRate(u64),
    /// Of a [`ParameterKind::Share`].
    Share(f64),
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

    /// The value of a parameter that is a count, a size or a rate of bytes; zero when the fault has no such parameter.
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
        match self.parameter(name) {
            Some(
                ParameterValue::Count(number)
                | ParameterValue::Size(number)
                | ParameterValue::ByteRate(number),
            ) => number,
            _ => 0,
        }
    }

    /// The value of a parameter that is a share; zero when the fault has no such parameter.
    #[must_use]
    pub fn share(&self, name: &str) -> f64 {
        match self.parameter(name) {
            Some(ParameterValue::Share(share)) => share,
            _ => 0.0,
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
    if value.contains(char::is_whitespace) {
        // In baggage it would not be a value.
        return Err("write it without a space".to_owned());
    }
    match parameter.kind {
        ParameterKind::Duration { min_ms, max_ms } => {
            let duration = units::duration(value).map_err(|error| error.help().to_owned())?;
            let (min, max) = (Duration::from_millis(min_ms), Duration::from_millis(max_ms));
            within(parameter, duration < min, duration > max)?;
            Ok(ParameterValue::Duration(duration))
        }
        ParameterKind::Count { min, max } => {
            let number = units::integer(value, u64::MAX).map_err(|_| "write a whole number")?;
            within(parameter, number < min, number > max)?;
            Ok(ParameterValue::Count(number))
        }
        ParameterKind::Size { min, max } => {
            let size = read_size(value).ok_or("write a size such as `64KiB` or `1MiB`")?;
            within(parameter, size < min, size > max)?;
            Ok(ParameterValue::Size(size))
        }
        ParameterKind::ByteRate { min, max } => {
            let rate = read_byte_rate(value).ok_or("write a rate such as `64KiB/s` or `1MiB/s`")?;
            within(parameter, rate < min, rate > max)?;
            Ok(ParameterValue::ByteRate(rate))
        }
        ParameterKind::Share { min, max } => {
            let share = units::plain(value).ok_or("write a share such as `0.5`")?;
            within(parameter, share < min, share > max)?;
            Ok(ParameterValue::Share(share))
        }
        ParameterKind::OneOf(known) => known
            .iter()
            .find(|word| **word == value)
            .map(|word| ParameterValue::Word(word))
            .ok_or_else(|| words::suggest(value, known.iter().copied())),
    }
}

/// The bound that a value is beyond, if it is.
fn within(parameter: &Parameter, is_too_small: bool, is_too_large: bool) -> Result<(), String> {
    match parameter.kind.range() {
        Some((min, _)) if is_too_small => Err(format!("the least is {min}")),
        Some((_, max)) if is_too_large => Err(format!("the most is {max}")),
        _ => Ok(()),
    }
}
