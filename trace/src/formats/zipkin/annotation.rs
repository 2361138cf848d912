//! Events in Zipkin: an annotation is a time and a text, and the text holds the attributes too.

use serde::Deserialize;

use crate::formats::native::{self, Members};
use crate::formats::{Losses, tags};
use crate::model::{Attribute, Event};

/// How many places of a text are tried as the beginning of its attributes.
const TRIES: usize = 8;

/// The event that an annotation is: `"name": {…}` as OpenTelemetry's exporters write it, `name|{…}|0` as the Collector
/// does, and otherwise the text is its name.
pub fn read(time_unix_ns: u64, text: String) -> Event {
    let read = quoted(&text).or_else(|| with_bars(&text));
    let mut event = Event {
        time_unix_ns,
        ..Event::default()
    };
    let Some((name, attributes, dropped)) = read else {
        event.name = text;
        return event;
    };
    event.name = name;
    event.dropped_attributes_count = dropped;
    event.attributes = attributes;
    let count = &mut event.dropped_attributes_count;
    event.attributes.retain(|attribute| {
        attribute.key != tags::DROPPED_ATTRIBUTES || !tags::count(count, &attribute.value)
    });
    event
}

type Parts = (String, Vec<Attribute>, u32);

fn quoted(text: &str) -> Option<Parts> {
    let mut reader = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let name = text
        .starts_with('"')
        .then(|| reader.next())?
        .and_then(Result::ok)?;
    let rest = text.get(reader.byte_offset()..)?.trim_start().strip_prefix(':')?;
    Some((name, object(rest)?, 0))
}

fn with_bars(text: &str) -> Option<Parts> {
    let (rest, dropped) = text.rsplit_once('|')?;
    let dropped = dropped.parse().ok()?;
    let (name, attributes) = split(rest)?;
    Some((name.to_owned(), attributes, dropped))
}

/// What stands before a bar and an object that ends the text.
pub fn split(text: &str) -> Option<(&str, Vec<Attribute>)> {
    let mut places = text.match_indices("|{").take(TRIES);
    places.find_map(|(place, _)| Some((&text[..place], object(&text[place + 1..])?)))
}

fn object(json: &str) -> Option<Vec<Attribute>> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let Members(members) = Members::deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    json.trim_start().starts_with('{').then_some(members)
}

/// The text of an event: its name alone if that says everything and is not taken for more.
pub fn write(event: &Event, losses: &mut Losses) -> String {
    let plain = event.attributes.is_empty() && event.dropped_attributes_count == 0;
    if plain && read(0, event.name.clone()).name == event.name {
        return event.name.clone();
    }
    let count = Attribute::new(
        tags::DROPPED_ATTRIBUTES,
        i64::from(event.dropped_attributes_count),
    );
    let (reserved, mut own): (Vec<_>, Vec<_>) = event
        .attributes
        .iter()
        .partition(|attribute| attribute.key == tags::DROPPED_ATTRIBUTES);
    reserved.iter().for_each(|_| losses.add(tags::lost::RESERVED));
    if event.dropped_attributes_count > 0 {
        own.push(&count);
    }
    let mut text = Vec::new();
    crate::otlp::json::out::string(&event.name, &mut text);
    text.extend_from_slice(b": ");
    native::object(own, &mut text, losses);
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_are_read_and_the_specifications_is_written() {
        let event = read(
            1,
            r#""retry": {"attempt":2,"otel.dropped_attributes_count":3}"#.to_owned(),
        );
        assert_eq!(
            (event.name.as_str(), event.dropped_attributes_count),
            ("retry", 3)
        );
        assert_eq!(event.attributes, [Attribute::new("attempt", 2_i64)]);
        let collector = read(1, r#"retry|{"attempt":2}|3"#.to_owned());
        assert_eq!(collector, event);
        assert_eq!(
            write(&event, &mut Losses::default()),
            r#""retry": {"attempt":2,"otel.dropped_attributes_count":3}"#
        );
        assert_eq!(read(1, "cache miss".to_owned()).name, "cache miss");
        assert_eq!(write(&read(1, "a|b".to_owned()), &mut Losses::default()), "a|b");
    }

    #[test]
    fn a_name_that_looks_like_more_is_written_so_that_it_stays_a_name() {
        for name in [r#""x": {}"#, r#"x|{"a":1}|0"#, "x|{}|7", "\"", "|", "|{|{|0"] {
            let event = Event {
                name: name.to_owned(),
                ..Event::default()
            };
            assert_eq!(read(0, write(&event, &mut Losses::default())), event, "{name}");
        }
    }
}
