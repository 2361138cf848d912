//! Identifiers as Jaeger and Zipkin write them: in hex, often without leading zeros, and 64 bits for a trace too.

use crate::id::{SpanId, TraceId};

/// 1 to 32 hex digits, the missing ones zero; none for all zero too, which no trace has.
pub fn trace_id(text: &str) -> Option<TraceId> {
    let number = digits(text, 32)?;
    Some(TraceId(number.to_be_bytes())).filter(|id| id.is_valid())
}

/// 1 to 16 hex digits; may be all zero.
pub fn span_id(text: &str) -> Option<SpanId> {
    let number = digits(text, 16)?;
    u64::try_from(number).ok().map(|id| SpanId(id.to_be_bytes()))
}

fn digits(text: &str, most: usize) -> Option<u128> {
    let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_filled_up_and_nonsense_is_refused() {
        assert_eq!(
            trace_id("abc").map(|id| id.to_string()).as_deref(),
            Some("00000000000000000000000000000abc")
        );
        assert_eq!(
            span_id("EEE19B7EC3C1B174").map(|id| id.to_string()).as_deref(),
            Some("eee19b7ec3c1b174")
        );
        assert_eq!(span_id("0"), Some(SpanId::INVALID));
        for text in ["", "0", "g", "+1", "-1", "é", "0123456789abcdef0123456789abcdef0"] {
            assert_eq!(trace_id(text), None, "{text}");
        }
    }
}
