//! Links in Zipkin, which has none: a tag `otlp.link.N` each, as the OpenTelemetry Collector writes them:
//! `trace|span|trace state|{attributes}|dropped attributes`.

use super::annotation;
use crate::formats::{Losses, native};
use crate::model::Link;

/// What the tags' keys begin with.
pub const PREFIX: &str = "otlp.link.";

/// What is lost here.
pub const LOST_FLAGS: &str = "links: flags";

/// The link that a tag is, if it is one.
pub fn read(key: &str, text: &str) -> Option<Link> {
    key.strip_prefix(PREFIX)?.parse::<u32>().ok()?;
    let (trace_id, rest) = text.split_once('|')?;
    let (span_id, rest) = rest.split_once('|')?;
    let (rest, dropped) = rest.rsplit_once('|')?;
    let (trace_state, attributes) = annotation::split(rest)?;
    let dropped_attributes_count = dropped.parse().ok()?;
    Some(Link {
        trace_id: optional(trace_id)?,
        span_id: optional(span_id)?,
        trace_state: trace_state.to_owned(),
        attributes,
        dropped_attributes_count,
        flags: 0,
    })
}

/// Nothing, an id, or neither.
fn optional<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    match text {
        "" => Some(None),
        id => id.parse().ok().map(Some),
    }
}

/// The text of a link.
pub fn write(link: &Link, losses: &mut Losses) -> String {
    losses.add_if(link.flags != 0, LOST_FLAGS);
    let mut attributes = Vec::new();
    native::object(&link.attributes, &mut attributes, losses);
    format!(
        "{}|{}|{}|{}|{}",
        link.trace_id.map(|id| id.to_string()).unwrap_or_default(),
        link.span_id.map(|id| id.to_string()).unwrap_or_default(),
        link.trace_state,
        String::from_utf8_lossy(&attributes),
        link.dropped_attributes_count
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SpanId, TraceId};
    use crate::model::Attribute;

    #[test]
    fn a_link_comes_back_as_it_went_also_with_bars_in_its_trace_state() {
        for trace_state in ["", "a=1", "a=x|y", "a=|{}|0"] {
            let link = Link {
                trace_id: Some(TraceId([1; 16])),
                span_id: (!trace_state.is_empty()).then_some(SpanId([2; 8])),
                trace_state: trace_state.to_owned(),
                attributes: vec![Attribute::new("k", "v|{}|1")],
                dropped_attributes_count: 4,
                flags: 0,
            };
            let mut losses = Losses::default();
            assert_eq!(read("otlp.link.0", &write(&link, &mut losses)), Some(link));
            assert!(losses.is_empty());
        }
        assert_eq!(read("otlp.link.x", "||||"), None);
        assert_eq!(read("otlp.link.1", "||{}|"), None);
    }
}
