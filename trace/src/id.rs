//! The two identifiers of tracing: a trace's 16 bytes and a span's 8, written in lower-case hex.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Text that is not the hex form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {digits} hex digits")]
pub struct InvalidId {
    text: String,
    digits: usize,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// All zero, which the specification calls invalid.
            pub const INVALID: Self = Self([0; $bytes]);

            /// Whether any byte is set.
            pub fn is_valid(self) -> bool {
                self != Self::INVALID
            }

            /// The identifier in `bytes`, if the length is right; it may be the invalid one.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; $bytes * 2];
                formatter.write_str(hex(&self.0, &mut digits))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let mut bytes = [0; $bytes];
                match unhex(text.as_bytes(), &mut bytes) {
                    true => Ok(Self(bytes)),
                    false => Err(InvalidId { text: text.chars().take(64).collect(), digits: $bytes * 2 }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

identifier! {
    /// What all spans of one trace share.
    TraceId, 16
}

identifier! {
    /// What tells a span from the others of its trace.
    SpanId, 8
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Writes `bytes` as lower-case hex into `digits`, which is twice as long.
pub(crate) fn hex<'a>(bytes: &[u8], digits: &'a mut [u8]) -> &'a str {
    for (byte, pair) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0x0f)];
    }
    std::str::from_utf8(digits).unwrap_or_default()
}

/// Reads hex digits of either case into `bytes`; false if the length or a digit is wrong.
pub(crate) fn unhex(digits: &[u8], bytes: &mut [u8]) -> bool {
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    digits.len() == bytes.len() * 2
        && digits
            .chunks_exact(2)
            .zip(bytes)
            .all(|(pair, byte)| match (value(pair[0]), value(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_is_read_and_lower_case_is_written() {
        let id: TraceId = "5B8EFFF798038103D269B633813FC60C".parse().expect("32 digits");
        assert_eq!(id.to_string(), "5b8efff798038103d269b633813fc60c");
        assert_eq!(
            serde_json::to_string(&id).expect("plain"),
            "\"5b8efff798038103d269b633813fc60c\""
        );
        assert_eq!(
            serde_json::from_str::<TraceId>("\"5b8efff798038103d269b633813fc60c\"").expect("same"),
            id
        );
    }

    #[test]
    fn wrong_lengths_and_digits_are_refused() {
        for text in [
            "",
            "00",
            "eee19b7ec3c1b17",
            "eee19b7ec3c1b17g",
            "eee19b7ec3c1b1740",
            "éee19b7ec3c1b17",
        ] {
            assert!(text.parse::<SpanId>().is_err(), "{text}");
        }
        assert_eq!(
            "x".parse::<SpanId>().expect_err("short").to_string(),
            "`x` is not 16 hex digits"
        );
    }

    #[test]
    fn zero_is_read_and_is_invalid() {
        assert!(
            !"0000000000000000"
                .parse::<SpanId>()
                .expect("16 digits")
                .is_valid()
        );
        assert!(SpanId([0, 0, 0, 0, 0, 0, 0, 1]).is_valid());
    }
}
