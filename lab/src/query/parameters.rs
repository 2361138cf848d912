//! What a question asks for: reading numbers, times and durations as each dialect writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use trace::TraceId;

/// The parameters of a question, in order.
#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {name}: `{text}` {wrong}")]
pub struct Wrong {
    pub name: String,
    text: String,
    wrong: String,
}

impl Wrong {
    pub fn new(name: &str, text: &str, wrong: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            text: text.chars().take(64).collect(),
            wrong: wrong.into(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        read.map(|query| Self(query.0)).map_err(|error| {
            super::problem(
                axum::http::StatusCode::BAD_REQUEST,
                &format!("the parameters: {error}"),
            )
        })
    }
}

impl Parameters {
    /// The first value of a parameter; an empty one counts as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The first value under any of these names.
    pub fn any<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Wrong> {
        let number = |text: &str| {
            text.parse()
                .map_err(|_| Wrong::new(name, text, "is not a whole number"))
        };
        self.get(name).map(number).transpose()
    }

    /// A limit, which is positive; one above `most` is taken for `most`.
    pub fn limit(&self, name: &str, default: usize, most: usize) -> Result<usize, Wrong> {
        match self.number(name)? {
            None => Ok(default),
            Some(0) => Err(Wrong::new(name, "0", "must be a positive number")),
            Some(number) => Ok(usize::try_from(number).unwrap_or(most).min(most)),
        }
    }
}

/// A trace id as people and programs write it: 1 to 32 hex digits, of which leading zeros may be missing, as they are
/// where ids have 64 bits.
pub fn trace_id(text: &str) -> Result<TraceId, Wrong> {
    let wrong = || Wrong::new("traceID", text, "is not a trace id: 1 to 32 hex digits");
    if text.is_empty() || text.len() > 32 || !text.is_ascii() {
        return Err(wrong());
    }
    let id: TraceId = format!("{text:0>32}").parse().map_err(|_| wrong())?;
    if id.is_valid() { Ok(id) } else { Err(wrong()) }
}

/// A duration in nanoseconds, written as Go does: `1.5s`, `300ms`, `2h45m`.
pub fn go_duration(name: &str, text: &str) -> Result<u64, Wrong> {
    let wrong = || Wrong::new(name, text, "is not a duration such as 300ms, 1.5s or 2h45m");
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit = rest
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "d" => 86_400e9,
                _ => return Err(wrong()),
            };
        rest = &rest[unit..];
    }
    if text.is_empty() || total >= 9.3e18 {
        return Err(wrong());
    }
    Ok(total as u64)
}

/// A time in nanoseconds since 1970: seconds, with a fraction if need be, nanoseconds if there are more than ten
/// digits, or RFC 3339.
pub fn time(name: &str, text: &str) -> Result<u64, Wrong> {
    let wrong = || {
        Wrong::new(
            name,
            text,
            "is not a time: seconds or nanoseconds since 1970, or 2026-01-31T12:00:00Z",
        )
    };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u64 = text.parse().map_err(|_| wrong())?;
        return match text.len() {
            ..=10 => Ok(number.saturating_mul(1_000_000_000)),
            _ => Ok(number),
        };
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return if (0.0..1.8e10).contains(&seconds) {
            Ok((seconds * 1e9) as u64)
        } else {
            Err(wrong())
        };
    }
    rfc3339(text).ok_or_else(wrong)
}

/// A time by RFC 3339, in nanoseconds since 1970.
pub fn rfc3339(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let is = |at: usize, characters: &[u8]| {
        text.as_bytes()
            .get(at)
            .is_some_and(|byte| characters.contains(byte))
    };
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let end = rest.find(|character: char| !character.is_ascii_digit())?;
            let digits = rest.get(..end.min(9)).filter(|digits| !digits.is_empty())?;
            (format!("{digits:0<9}").parse().ok()?, &rest[end..])
        }
    };
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let part = |range: std::ops::Range<usize>| zone.get(range)?.parse::<i64>().ok();
            let seconds = part(1..3)? * 3600 + part(4..6)? * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    u64::try_from(seconds)
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(fraction)
}

/// Days of the Gregorian calendar, counted from March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// Now, in nanoseconds since 1970.
pub fn now_unix_ns() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_forms() {
        let expected = 1_767_323_045_000_000_000;
        for text in [
            "1767323045",
            "1767323045000000000",
            "1767323045.0",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.000Z",
            "2026-01-02T05:04:05+02:00",
            "2026-01-01T22:04:05-05:00",
        ] {
            assert_eq!(time("start", text), Ok(expected), "{text}");
        }
        assert_eq!(rfc3339("1970-01-01T00:00:00.123456789Z"), Some(123_456_789));
        assert_eq!(rfc3339("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000_000));
        for text in [
            "",
            "yesterday",
            "-1",
            "1e300",
            "NaN",
            "2026-13-01T00:00:00Z",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05.Z",
            "é",
        ] {
            assert!(time("start", text).is_err() || text.is_empty(), "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, expected) in [
            ("300ms", 300_000_000),
            ("1.5s", 1_500_000_000),
            ("2h45m", 9_900_000_000_000),
            ("7us", 7_000),
        ] {
            assert_eq!(go_duration("minDuration", text), Ok(expected), "{text}");
        }
        for text in ["", "5", "ms", "1x", "1s2", "-1s", "999999999h", "1..5s", "é"] {
            assert!(go_duration("minDuration", text).is_err(), "{text}");
        }
    }

    #[test]
    fn trace_ids_may_lack_leading_zeros() {
        assert_eq!(
            trace_id("ABC").map(|id| id.to_string()),
            Ok("00000000000000000000000000000abc".to_owned())
        );
        for text in ["", "0", "x", "é", &"1".repeat(33)] {
            assert!(trace_id(text).is_err(), "{text}");
        }
    }
}
