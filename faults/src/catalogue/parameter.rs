//! What can be set of a fault: its parameters, their units, ranges and defaults.

use scenarios::units;

/// A parameter of a fault.
#[derive(Debug)]
pub struct Parameter {
    /// `delay`.
    pub name: &'static str,
    /// What its values are.
    pub kind: ParameterKind,
    /// As it would be written.
    pub default: &'static str,
    /// One line for people, without the range.
    pub summary: &'static str,
}

/// What a parameter's values are. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParameterKind {
    /// `80ms`.
    Duration {
        /// The smallest value that is accepted, in milliseconds.
        min_ms: u64,
        /// The largest.
        max_ms: u64,
    },
    /// `5`, a whole number.
    Count {
        /// The smallest value that is accepted.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// `64KiB`.
    Size {
        /// The smallest value that is accepted, in bytes.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// `64KiB/s`.
    ByteRate {
        /// The smallest value that is accepted, in bytes a second.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// `0.5`: baggage has no percent sign.
    Share {
        /// The smallest value that is accepted.
        min: f64,
        /// The largest.
        max: f64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl ParameterKind {
    /// The unit of its values; empty for a plain number or a word.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Duration { .. } => "ms",
            Self::Size { .. } => "bytes",
            Self::ByteRate { .. } => "bytes/s",
            Self::Share { .. } => "share",
            Self::Count { .. } | Self::OneOf(_) => "",
        }
    }

    /// The smallest and the largest value, as they would be written; none for words.
    #[must_use]
    pub fn range(self) -> Option<(String, String)> {
        match self {
            Self::Duration { min_ms, max_ms } => Some((duration(min_ms), duration(max_ms))),
            Self::Count { min, max } => Some((min.to_string(), max.to_string())),
            Self::Size { min, max } => Some((size(min), size(max))),
            Self::ByteRate { min, max } => Some((byte_rate(min), byte_rate(max))),
            Self::Share { min, max } => Some((min.to_string(), max.to_string())),
            Self::OneOf(_) => None,
        }
    }

    /// Its values, for people: `0ms to 10s`, or the words.
    #[must_use]
    pub fn values(self) -> String {
        match (self, self.range()) {
            (_, Some((min, max))) => format!("{min} to {max}"),
            (Self::OneOf(words), _) => words.join(", "),
            (_, None) => String::new(),
        }
    }
}

fn duration(milliseconds: u64) -> String {
    if milliseconds == 0 {
        "0ms".to_owned()
    } else {
        units::show_duration(std::time::Duration::from_millis(milliseconds))
    }
}

/// In the largest unit that leaves no remainder.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    units
        .into_iter()
        .find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit))
        .map_or_else(
            || format!("{bytes}B"),
            |(name, unit)| format!("{}{name}", bytes / unit),
        )
}

fn byte_rate(bytes: u64) -> String {
    format!("{}/s", size(bytes))
}

/// Reads what [`byte_rate`] writes.
pub(crate) fn read_byte_rate(text: &str) -> Option<u64> {
    read_size(text.strip_suffix("/s")?)
}

/// Reads what [`size`] writes.
pub(crate) fn read_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| digits.parse::<u64>().ok()?.checked_mul(unit))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for bytes in [0, 1, 512, 1024, 65_536, 1_000_000, 5 << 20, 3 << 30] {
            assert_eq!(read_size(&size(bytes)), Some(bytes), "{}", size(bytes));
        }
        for text in [
            "",
            "KiB",
            "64",
            "64kb",
            "-1B",
            "99999999999999999999B",
            "9999999999999GiB",
        ] {
            assert_eq!(read_size(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        for bytes in [1, 1024, 64 << 10, 5 << 20] {
            assert_eq!(
                read_byte_rate(&byte_rate(bytes)),
                Some(bytes),
                "{}",
                byte_rate(bytes)
            );
        }
        for text in ["64KiB", "64KiB/m", "/s", "64/s"] {
            assert_eq!(read_byte_rate(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_is_written_as_its_values_are() {
        let delay = ParameterKind::Duration {
            min_ms: 0,
            max_ms: 10_000,
        };
        assert_eq!((delay.values().as_str(), delay.unit()), ("0ms to 10s", "ms"));
        assert_eq!(ParameterKind::OneOf(&["up", "down"]).values(), "up, down");
        assert_eq!(ParameterKind::Share { min: 0.0, max: 0.9 }.values(), "0 to 0.9");
    }
}
