//! Quantities as they are written: durations `200ms`, shares `50%`, rates `50/s`, ranges `200ms..1s`, integers with `_`.
//!
//! Decimals are read digit by digit, not through floating point, so that `0.1s` is 100 ms to the nanosecond.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The units of time, longest name first where one is the end of another, with their nanoseconds.
const TIME_UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The longest duration that is accepted anywhere: a day.
pub const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// The highest arrival rate that is accepted, per second.
pub const MAX_RATE: f64 = 1_000_000.0;

/// Why a quantity could not be read. The message says what was expected; the caller says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// There is a number, but no unit or an unknown one.
    #[error("`{text}` has {found}")]
    Unit {
        /// As written.
        text: String,
        /// `no unit` or ``the unknown unit `sec` ``.
        found: String,
        /// What would have been right, as a whole sentence for a `help:` line.
        help: String,
    },
    /// There is no number where one should be.
    #[error("`{text}` is not {expected}")]
    Number {
        /// As written.
        text: String,
        /// `a duration`, `a share` …
        expected: &'static str,
        /// What would have been right.
        help: String,
    },
    /// The quantity is out of bounds.
    #[error("`{text}` is {bound}")]
    OutOfBounds {
        /// As written.
        text: String,
        /// `more than 24h`.
        bound: String,
        /// What would have been right.
        help: String,
    },
}

impl UnitError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &str {
        match self {
            Self::Unit { help, .. } | Self::Number { help, .. } | Self::OutOfBounds { help, .. } => help,
        }
    }
}

/// Reads `200ms`, `1.5s`, `2m`; 24 hours at most.
///
/// # Errors
/// When it is not a number with a unit of time, or too long.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    const HELP: &str = "write a duration such as `200ms`, `1.5s` or `2m`";
    let (number, unit) = split_unit(text);
    let not_a_duration = || UnitError::Number {
        text: text.to_owned(),
        expected: "a duration",
        help: HELP.to_owned(),
    };
    if number.is_empty() {
        return Err(not_a_duration());
    }
    let Some(&(_, scale)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(unknown_unit(
            text,
            unit,
            TIME_UNITS.iter().map(|(name, _)| *name),
            HELP,
        ));
    };
    let nanoseconds = decimal(number, scale).ok_or_else(not_a_duration)?;
    if nanoseconds > MAX_DURATION.as_nanos() {
        return Err(UnitError::OutOfBounds {
            text: text.to_owned(),
            bound: "more than 24h".to_owned(),
            help: "a day is the longest duration there is".to_owned(),
        });
    }
    // A day in nanoseconds fits in 64 bits.
    Ok(Duration::from_nanos(nanoseconds as u64))
}

/// Reads `50%` as 0.5, from `0%` to `100%`.
///
/// # Errors
/// When it is not a number with `%`, or over 100 %.
pub fn share(text: &str) -> Result<f64, UnitError> {
    const HELP: &str = "write a share such as `50%`, from `0%` to `100%`";
    let (number, unit) = split_unit(text);
    if unit != "%" || number.is_empty() {
        return Err(if number.is_empty() {
            UnitError::Number {
                text: text.to_owned(),
                expected: "a share",
                help: HELP.to_owned(),
            }
        } else {
            unknown_unit(text, unit, std::iter::empty(), HELP)
        });
    }
    let share = plain(number).ok_or_else(|| UnitError::Number {
        text: text.to_owned(),
        expected: "a share",
        help: HELP.to_owned(),
    })? / 100.0;
    if share > 1.0 {
        return Err(UnitError::OutOfBounds {
            text: text.to_owned(),
            bound: "more than 100%".to_owned(),
            help: HELP.to_owned(),
        });
    }
    Ok(share)
}

/// Reads `50/s`, `0.5/s` or `300/m` as requests per second, a million at most.
///
/// # Errors
/// When it is not a number with `/s` or `/m`, or too high.
pub fn rate(text: &str) -> Result<f64, UnitError> {
    const HELP: &str = "write a rate such as `50/s` or `300/m`";
    let (number, unit) = split_unit(text);
    let not_a_rate = || UnitError::Number {
        text: text.to_owned(),
        expected: "a rate",
        help: HELP.to_owned(),
    };
    if number.is_empty() {
        return Err(not_a_rate());
    }
    let divisor = match unit {
        "/s" => 1.0,
        "/m" => 60.0,
        _ => return Err(unknown_unit(text, unit, ["/s", "/m"].into_iter(), HELP)),
    };
    let rate = plain(number).ok_or_else(not_a_rate)? / divisor;
    if rate > MAX_RATE {
        return Err(UnitError::OutOfBounds {
            text: text.to_owned(),
            bound: "more than 1,000,000/s".to_owned(),
            help: "a million requests a second is the highest rate there is".to_owned(),
        });
    }
    Ok(rate)
}

/// Reads `200ms..1s`, or one duration for both ends.
///
/// # Errors
/// When an end is not a duration, or the ends are the wrong way round.
pub fn duration_range(text: &str) -> Result<RangeInclusive<Duration>, UnitError> {
    let Some((low, high)) = text.split_once("..") else {
        return duration(text).map(|both| both..=both);
    };
    let (start, end) = (duration(low.trim())?, duration(high.trim())?);
    if start > end {
        return Err(UnitError::OutOfBounds {
            text: text.to_owned(),
            bound: "a range that ends before it begins".to_owned(),
            help: format!("write `{}..{}`", high.trim(), low.trim()),
        });
    }
    Ok(start..=end)
}

/// Reads a whole number such as `20_000`, up to and including `max`.
///
/// # Errors
/// When it is not a whole number, negative, or more than `max`.
pub fn integer(text: &str, max: u64) -> Result<u64, UnitError> {
    let help = || format!("write a whole number from 0 to {}", grouped(max));
    let digits: String = text.chars().filter(|&character| character != '_').collect();
    let well_formed = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('_')
        && !text.ends_with('_');
    if !well_formed {
        return Err(UnitError::Number {
            text: text.to_owned(),
            expected: "a whole number",
            help: help(),
        });
    }
    match digits.parse::<u64>() {
        Ok(number) if number <= max => Ok(number),
        _ => Err(UnitError::OutOfBounds {
            text: text.to_owned(),
            bound: format!("more than {}", grouped(max)),
            help: help(),
        }),
    }
}

/// A plain number such as `10` or `1.5`, not negative.
#[must_use]
pub fn plain(text: &str) -> Option<f64> {
    let clean: String = text.chars().filter(|&character| character != '_').collect();
    let shape_is_right = clean.starts_with(|first: char| first.is_ascii_digit())
        && clean.ends_with(|last: char| last.is_ascii_digit())
        && clean.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if shape_is_right { clean.parse().ok() } else { None }
}

/// The number with an underscore between groups of three digits, as a scenario would write it.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// A duration in the largest unit that gives a whole number: `80ms`, `90s`, `2m`.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let (name, scale) = TIME_UNITS
        .iter()
        .rev()
        .find(|(_, scale)| nanoseconds.is_multiple_of(u128::from(*scale)))
        .unwrap_or(&TIME_UNITS[0]);
    format!("{}{name}", nanoseconds / u128::from(*scale))
}

/// Splits `200ms` into `200` and `ms`.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.' || character == '_'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// Reads a decimal number as a whole number of `scale`ths; digits beyond the scale's precision are cut off.
fn decimal(text: &str, scale: u64) -> Option<u128> {
    plain(text)?;
    let clean: String = text.chars().filter(|&character| character != '_').collect();
    let (whole, fraction) = clean.split_once('.').unwrap_or((&clean, ""));
    // Twelve digits of days are far beyond any bound, and keep the arithmetic below from overflowing.
    if whole.len() > 18 || fraction.len() > 18 {
        return None;
    }
    let mut value = whole.parse::<u128>().ok()? * u128::from(scale);
    if !fraction.is_empty() {
        value += fraction.parse::<u128>().ok()? * u128::from(scale) / 10_u128.pow(fraction.len() as u32);
    }
    Some(value)
}

fn unknown_unit<'a>(text: &str, unit: &str, known: impl Iterator<Item = &'a str>, help: &str) -> UnitError {
    let help = match crate::words::nearest(unit, known) {
        Some(near) if !unit.is_empty() => format!("did you mean the unit `{near}`? {help}"),
        _ => help.to_owned(),
    };
    let found = if unit.is_empty() {
        "no unit".to_owned()
    } else {
        format!("the unknown unit `{unit}`")
    };
    UnitError::Unit {
        text: text.to_owned(),
        found,
        help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("0.1s"), Ok(Duration::from_nanos(100_000_000)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("24h"), Ok(MAX_DURATION));
    }

    #[test]
    fn what_is_no_duration_is_refused_with_a_reason() {
        for text in [
            "",
            "s",
            "80",
            "80sec",
            "-1s",
            "1..2s",
            "1.s",
            ".5s",
            "25h",
            "99999999999999999999s",
            "NaNs",
            "１s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        let error = duration("80sec").expect_err("not a unit");
        assert_eq!(error.to_string(), "`80sec` has the unknown unit `sec`");
        assert_eq!(
            duration("80").expect_err("no unit").to_string(),
            "`80` has no unit"
        );
    }

    #[test]
    fn shares_rates_integers_and_ranges() {
        assert_eq!(share("50%"), Ok(0.5));
        assert!(share("101%").is_err() && share("50").is_err());
        assert_eq!(rate("50/s"), Ok(50.0));
        assert_eq!(rate("30/m"), Ok(0.5));
        assert!(rate("2_000_000/s").is_err() && rate("5").is_err());
        assert_eq!(integer("20_000", 1_000_000), Ok(20_000));
        assert!(integer("1.5", 10).is_err() && integer("11", 10).is_err() && integer("_1", 10).is_err());
        assert_eq!(
            duration_range("200ms..1s"),
            Ok(Duration::from_millis(200)..=Duration::from_secs(1))
        );
        assert!(duration_range("1s..200ms").is_err());
    }

    #[test]
    fn quantities_are_shown_as_they_would_be_written() {
        assert_eq!(grouped(1_048_576), "1_048_576");
        assert_eq!(grouped(999), "999");
        assert_eq!(show_duration(Duration::from_millis(1500)), "1500ms");
        assert_eq!(show_duration(Duration::from_secs(120)), "2m");
    }
}
