//! Times written as decimal numbers of seconds or microseconds, read and written to the last nanosecond.
//!
//! A double has no room for the nanoseconds of a time since 1970, so the digits themselves are read.

use serde_json::value::RawValue;

/// The number of units of `10^-digits` in a JSON number or in text that is one: `decimal("1.5", 9)` is 1,500,000,000.
/// More digits than that are cut off; none if it is no number, or too large.
pub fn read(raw: &RawValue, digits: u32) -> Option<i128> {
    let text = raw.get();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    exact(text, digits).or_else(|| {
        // An exponent, which is how floating point numbers print that are very large or small.
        let number: f64 = text.parse().ok()?;
        let units = number * 10_f64.powi(i32::try_from(digits).ok()?);
        (units.is_finite() && units.abs() < 1e30).then_some(units.round() as i128)
    })
}

fn exact(text: &str, digits: u32) -> Option<i128> {
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 25 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut units: i128 = whole.parse().ok()?;
    let mut fraction = fraction.bytes();
    for _ in 0..digits {
        units = units * 10 + i128::from(fraction.next().unwrap_or(b'0') - b'0');
    }
    Some(if negative { -units } else { units })
}

/// Writes units of `10^-digits` as a decimal number, without zeros at its end.
pub fn write(units: i128, digits: u32) -> String {
    let scale = 10_i128.pow(digits);
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) = (units.abs() / scale, units.abs() % scale);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let width = digits as usize;
    format!(
        "{sign}{whole}.{}",
        format!("{fraction:0width$}").trim_end_matches('0')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn every_nanosecond_survives() {
        for (text, units) in [
            ("1478293361.271000123", 1_478_293_361_271_000_123),
            ("18446744073.709551615", i128::from(u64::MAX)),
            ("0", 0),
            ("0.000000001", 1),
            ("-2.5", -2_500_000_000),
        ] {
            assert_eq!(read(&raw(text), 9), Some(units), "{text}");
            assert_eq!(write(units, 9), text);
        }
    }

    #[test]
    fn exponents_and_text_are_read_and_nonsense_is_not() {
        assert_eq!(read(&raw("1.5e3"), 3), Some(1_500_000));
        assert_eq!(read(&raw("\"12.5\""), 3), Some(12_500));
        assert_eq!(read(&raw("1.23456"), 3), Some(1_234));
        for text in ["\"x\"", "true", "null", "1e300", "\"\"", "\"-\"", "[1]"] {
            assert_eq!(read(&raw(text), 9), None, "{text}");
        }
    }
}
