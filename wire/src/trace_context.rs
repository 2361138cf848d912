//! Which trace and span a request belongs to, from whichever propagation header it has.

/// The ids that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) trace_id: [u8; 16],
    /// The caller's span, in which the time on the wire is seen.
    pub(crate) span_id: [u8; 8],
}

impl TraceContext {
    /// Reads the first header that is there and well formed: `traceparent`, `b3`, `X-B3-*`, `uber-trace-id`,
    /// `X-Amzn-Trace-Id`.
    pub(crate) fn read(headers: &[(&str, &[u8])]) -> Option<Self> {
        let value = |name: &str| {
            let (_, value) = headers
                .iter()
                .find(|(header, _)| header.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(value).ok()
        };
        value("traceparent")
            .and_then(from_traceparent)
            .or_else(|| value("b3").and_then(|value| from_fields(value, '-')))
            .or_else(|| Self::new(value("x-b3-traceid")?, value("x-b3-spanid")?))
            .or_else(|| value("uber-trace-id").and_then(from_uber))
            .or_else(|| value("x-amzn-trace-id").and_then(from_xray))
    }

    fn new(trace_id: &str, span_id: &str) -> Option<Self> {
        let trace_id = hexadecimal(trace_id, 32)?;
        let span_id = u64::try_from(hexadecimal(span_id, 16)?).ok()?;
        if trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self {
            trace_id: trace_id.to_be_bytes(),
            span_id: span_id.to_be_bytes(),
        })
    }
}

/// `00-TRACE-SPAN-FLAGS`.
fn from_traceparent(value: &str) -> Option<TraceContext> {
    let (version, rest) = value.split_once('-')?;
    if version.len() != 2 || version == "ff" {
        return None;
    }
    from_fields(rest, '-')
}

/// `TRACE:SPAN:PARENT:FLAGS`; some clients write the colons as `%3A`.
fn from_uber(value: &str) -> Option<TraceContext> {
    from_fields(&value.replace("%3A", ":").replace("%3a", ":"), ':')
}

/// `Root=1-TIME-REST;Parent=SPAN;Sampled=1`.
fn from_xray(value: &str) -> Option<TraceContext> {
    let field = |name: &str| value.split(';').find_map(|field| field.trim().strip_prefix(name));
    let trace_id = field("Root=1-")?.replacen('-', "", 1);
    TraceContext::new(&trace_id, field("Parent=")?)
}

fn from_fields(value: &str, separator: char) -> Option<TraceContext> {
    let mut fields = value.split(separator);
    TraceContext::new(fields.next()?, fields.next()?)
}

/// Shorter ids are padded on the left.
fn hexadecimal(digits: &str, longest: usize) -> Option<u128> {
    let plausible = !digits.is_empty() && digits.len() <= longest;
    // `from_str_radix` would take a sign.
    (plausible && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u128::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: [u8; 16] = [
        0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36,
    ];
    const SPAN: [u8; 8] = [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7];

    #[test]
    fn every_propagation_header_is_understood() {
        for headers in [
            &[(
                "Traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            )][..],
            &[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")],
            &[(
                "b3",
                "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d-05e3ac9a4f6e3b90",
            )],
            &[
                ("X-B3-TraceId", "4bf92f3577b34da6a3ce929d0e0e4736"),
                ("X-B3-SpanId", "00f067aa0ba902b7"),
            ],
            &[(
                "uber-trace-id",
                "4bf92f3577b34da6a3ce929d0e0e4736:f067aa0ba902b7:0:1",
            )],
            &[(
                "uber-trace-id",
                "4bf92f3577b34da6a3ce929d0e0e4736%3Af067aa0ba902b7%3A0%3A1",
            )],
            &[(
                "X-Amzn-Trace-Id",
                "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1",
            )],
            &[
                ("traceparent", "nonsense"),
                ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"),
            ],
        ] {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_bytes()))
                .collect();
            assert_eq!(
                TraceContext::read(&headers),
                Some(TraceContext {
                    trace_id: TRACE,
                    span_id: SPAN
                })
            );
        }
    }

    #[test]
    fn nonsense_is_no_context() {
        for value in [
            "",
            "00",
            "00-0-0-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473600-00f067aa0ba902b7-01",
        ] {
            assert_eq!(
                TraceContext::read(&[("traceparent", value.as_bytes())]),
                None,
                "{value}"
            );
        }
        assert_eq!(TraceContext::read(&[]), None);
    }
}
