//! How figures are written for people: enough digits to compare, no more.

/// Milliseconds: `0.42`, `4.2`, `42`, `4,200`.
pub fn milliseconds(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => count(value.round() as u64),
    }
}

/// A count with a comma every three digits.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent with one decimal.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.1}%", part as f64 / whole as f64 * 100.0)
}

/// How many times one is the other: `×13.8`.
pub fn times(value: f64, base: f64) -> String {
    if base > 0.0 {
        format!("×{:.1}", value / base)
    } else {
        "–".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(milliseconds(0.4217), "0.42");
        assert_eq!(milliseconds(4.217), "4.2");
        assert_eq!(milliseconds(99.96), "100");
        assert_eq!(milliseconds(4_217.0), "4,217");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(0, 0), "–");
        assert_eq!(times(13.8, 1.0), "×13.8");
    }
}
