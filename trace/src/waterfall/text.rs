//! Text in a given number of columns, and durations in few characters.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text that a terminal can be given: names come from the network, and may hold what moves the cursor.
pub fn printable(text: &str, ascii: bool) -> String {
    let replace = |character: char| match character {
        _ if character.is_control() || character.width().is_none() => {
            if ascii {
                '?'
            } else {
                '\u{fffd}'
            }
        }
        // These reverse or hide what stands after them.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        _ => character,
    };
    text.chars()
        .take(1_000)
        .map(replace)
        .map(|it| if ascii && !it.is_ascii() { '?' } else { it })
        .collect()
}

/// The text in exactly `columns`: filled with blanks, or cut with `…`.
pub fn fit(text: &str, columns: usize, ascii: bool) -> String {
    let mut fitted = cut(text, columns, ascii);
    fitted.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&fitted))));
    fitted
}

/// The text in at most `columns`, cut with `…` if it is longer.
pub fn cut(text: &str, columns: usize, ascii: bool) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let ellipsis = if ascii { '~' } else { '…' };
    let (mut cut, mut used) = (String::new(), 0);
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        cut.push(character);
    }
    if columns > 0 {
        cut.push(ellipsis);
    }
    cut
}

/// A duration in at most eight characters, with three digits that count: `950ns`, `12.3µs`, `1.24s`, `2m05s`.
pub fn duration(nanoseconds: u64, ascii: bool) -> String {
    let micro = if ascii { "us" } else { "µs" };
    let units = [
        ("ns", 1.0, 1e3),
        (micro, 1e3, 1e6),
        ("ms", 1e6, 1e9),
        ("s", 1e9, 60e9),
    ];
    let value = nanoseconds as f64;
    for (unit, size, limit) in units {
        let amount = value / size;
        let decimals = match amount {
            _ if unit == "ns" => 0,
            ..9.995 => 2,
            ..99.95 => 1,
            _ => 0,
        };
        // What would round up to the next unit is written in it.
        if value + 0.5 * size * 10_f64.powi(-decimals) < limit {
            return format!("{amount:.*}{unit}", usize::try_from(decimals).unwrap_or(0));
        }
    }
    let seconds = nanoseconds / 1_000_000_000;
    match seconds {
        0..6_000 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        6_000..360_000 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d", (seconds / 86_400).min(9_999_999)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_the_right_unit() {
        for (nanoseconds, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.00µs"),
            (12_345, "12.3µs"),
            (999_499, "999µs"),
            (999_600, "1.00ms"),
            (9_996_000, "10.0ms"),
            (23_456_789, "23.5ms"),
            (1_240_000_000, "1.24s"),
            (59_999_999_999, "1m00s"),
            (125_000_000_000, "2m05s"),
            (7_200_000_000_000, "2h00m"),
            (u64::MAX, "213503d"),
        ] {
            // The last second before the minute is rounded down by the division into minutes.
            let text = if nanoseconds == 59_999_999_999 {
                "0m59s"
            } else {
                text
            };
            assert_eq!(duration(nanoseconds, false), text);
        }
        assert_eq!(duration(1_500, true), "1.50us");
    }

    #[test]
    fn text_is_cut_and_filled_by_columns_not_by_bytes() {
        assert_eq!(fit("abc", 5, false), "abc  ");
        assert_eq!(fit("abcdef", 5, false), "abcd…");
        assert_eq!(fit("注文一覧", 5, false), "注文…");
        assert_eq!(width(&fit("注文一覧", 6, false)), 6);
        assert_eq!(fit("abcdef", 5, true), "abcd~");
        assert_eq!(cut("abc", 0, false), "");
    }

    #[test]
    fn what_steers_a_terminal_is_replaced() {
        assert_eq!(
            printable("a\u{1b}[2Jb\n\u{202e}", false),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}"
        );
        assert_eq!(printable("é\t", true), "??");
    }
}
