//! The shapes that are read, one for each message, and their way into the protobuf types.

use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::fields::{base64_bytes, double, hex_bytes, integer, or_default};
use crate::otlp::proto::{self, any_value};

macro_rules! message {
    ($name:ident { $($(#[$with:meta])* $field:ident: $kind:ty),+ $(,)? }) => {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name { $($(#[$with])* $field: $kind),+ }
    };
}

message!(Document {
    #[serde(deserialize_with = "or_default")] resource_spans: Vec<ResourceSpans>,
});
message!(ResourceSpans {
    resource: Option<Resource>,
    #[serde(deserialize_with = "or_default")] scope_spans: Vec<ScopeSpans>,
    #[serde(deserialize_with = "or_default")] schema_url: String,
});
message!(Resource {
    #[serde(deserialize_with = "or_default")] attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "integer")] dropped_attributes_count: u32,
    #[serde(deserialize_with = "or_default")] entity_refs: Vec<EntityRef>,
});
message!(EntityRef {
    #[serde(deserialize_with = "or_default")] schema_url: String,
    #[serde(deserialize_with = "or_default")] r#type: String,
    #[serde(deserialize_with = "or_default")] id_keys: Vec<String>,
    #[serde(deserialize_with = "or_default")] description_keys: Vec<String>,
});
message!(ScopeSpans {
    scope: Option<Scope>,
    #[serde(deserialize_with = "or_default")] spans: Vec<Span>,
    #[serde(deserialize_with = "or_default")] schema_url: String,
});
message!(Scope {
    #[serde(deserialize_with = "or_default")] name: String,
    #[serde(deserialize_with = "or_default")] version: String,
    #[serde(deserialize_with = "or_default")] attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "integer")] dropped_attributes_count: u32,
});
message!(Span {
    #[serde(deserialize_with = "hex_bytes")] trace_id: Vec<u8>,
    #[serde(deserialize_with = "hex_bytes")] span_id: Vec<u8>,
    #[serde(deserialize_with = "or_default")] trace_state: String,
    #[serde(deserialize_with = "hex_bytes")] parent_span_id: Vec<u8>,
    #[serde(deserialize_with = "integer")] flags: u32,
    #[serde(deserialize_with = "or_default")] name: String,
    #[serde(deserialize_with = "integer")] kind: i32,
    #[serde(deserialize_with = "integer")] start_time_unix_nano: u64,
    #[serde(deserialize_with = "integer")] end_time_unix_nano: u64,
    #[serde(deserialize_with = "or_default")] attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "integer")] dropped_attributes_count: u32,
    #[serde(deserialize_with = "or_default")] events: Vec<Event>,
    #[serde(deserialize_with = "integer")] dropped_events_count: u32,
    #[serde(deserialize_with = "or_default")] links: Vec<Link>,
    #[serde(deserialize_with = "integer")] dropped_links_count: u32,
    status: Option<Status>,
});
message!(Event {
    #[serde(deserialize_with = "integer")] time_unix_nano: u64,
    #[serde(deserialize_with = "or_default")] name: String,
    #[serde(deserialize_with = "or_default")] attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "integer")] dropped_attributes_count: u32,
});
message!(Link {
    #[serde(deserialize_with = "hex_bytes")] trace_id: Vec<u8>,
    #[serde(deserialize_with = "hex_bytes")] span_id: Vec<u8>,
    #[serde(deserialize_with = "or_default")] trace_state: String,
    #[serde(deserialize_with = "or_default")] attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "integer")] dropped_attributes_count: u32,
    #[serde(deserialize_with = "integer")] flags: u32,
});
message!(Status {
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "integer")]
    code: i32,
});
message!(KeyValue {
    #[serde(deserialize_with = "or_default")] key: String,
    value: Option<AnyValue>,
});
message!(List {
    #[serde(deserialize_with = "or_default")] values: Vec<AnyValue>,
});
message!(Map {
    #[serde(deserialize_with = "or_default")] values: Vec<KeyValue>,
});

/// An attribute's value; `null` and an object without a known field are the empty value.
#[derive(Default)]
struct AnyValue(Option<any_value::Value>);

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValueVisitor)
    }
}

struct AnyValueVisitor;

impl<'de> Visitor<'de> for AnyValueVisitor {
    type Value = AnyValue;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an attribute's value, such as {\"stringValue\":\"…\"}")
    }

    fn visit_unit<E: de::Error>(self) -> Result<AnyValue, E> {
        Ok(AnyValue(None))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<AnyValue, M::Error> {
        let mut value = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let read = match key.as_ref() {
                "stringValue" => map
                    .next_value::<Option<String>>()?
                    .map(any_value::Value::StringValue),
                "boolValue" => map.next_value::<Option<bool>>()?.map(any_value::Value::BoolValue),
                "intValue" => map
                    .next_value::<Option<Integer>>()?
                    .map(|it| any_value::Value::IntValue(it.0)),
                "doubleValue" => map
                    .next_value::<Option<Double>>()?
                    .map(|it| any_value::Value::DoubleValue(it.0)),
                "arrayValue" => map.next_value::<Option<List>>()?.map(|list| {
                    let values = list.values.into_iter().map(AnyValue::into_proto).collect();
                    any_value::Value::ArrayValue(proto::ArrayValue { values })
                }),
                "kvlistValue" => map.next_value::<Option<Map>>()?.map(|map| {
                    any_value::Value::KvlistValue(proto::KeyValueList {
                        values: attributes(map.values),
                    })
                }),
                "bytesValue" => match map.next_value::<Option<String>>()? {
                    Some(text) => Some(any_value::Value::BytesValue(base64_bytes(&text)?)),
                    None => None,
                },
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            value = read.or(value);
        }
        Ok(AnyValue(value))
    }
}

#[derive(Deserialize)]
struct Integer(#[serde(deserialize_with = "integer")] i64);

#[derive(Deserialize)]
struct Double(#[serde(deserialize_with = "double")] f64);

impl AnyValue {
    fn into_proto(self) -> proto::AnyValue {
        proto::AnyValue { value: self.0 }
    }
}

fn attributes(read: Vec<KeyValue>) -> Vec<proto::KeyValue> {
    read.into_iter()
        .map(|pair| proto::KeyValue {
            key: pair.key,
            value: pair.value.map(AnyValue::into_proto),
            key_strindex: 0,
        })
        .collect()
}

impl Document {
    pub fn into_proto(self) -> Vec<proto::ResourceSpans> {
        self.resource_spans
            .into_iter()
            .map(ResourceSpans::into_proto)
            .collect()
    }
}

impl ResourceSpans {
    fn into_proto(self) -> proto::ResourceSpans {
        proto::ResourceSpans {
            resource: self.resource.map(|resource| proto::Resource {
                attributes: attributes(resource.attributes),
                dropped_attributes_count: resource.dropped_attributes_count,
                entity_refs: resource
                    .entity_refs
                    .into_iter()
                    .map(EntityRef::into_proto)
                    .collect(),
            }),
            scope_spans: self.scope_spans.into_iter().map(ScopeSpans::into_proto).collect(),
            schema_url: self.schema_url,
        }
    }
}

impl EntityRef {
    fn into_proto(self) -> proto::EntityRef {
        proto::EntityRef {
            schema_url: self.schema_url,
            r#type: self.r#type,
            id_keys: self.id_keys,
            description_keys: self.description_keys,
        }
    }
}

impl ScopeSpans {
    fn into_proto(self) -> proto::ScopeSpans {
        proto::ScopeSpans {
            scope: self.scope.map(|scope| proto::InstrumentationScope {
                name: scope.name,
                version: scope.version,
                attributes: attributes(scope.attributes),
                dropped_attributes_count: scope.dropped_attributes_count,
            }),
            spans: self.spans.into_iter().map(Span::into_proto).collect(),
            schema_url: self.schema_url,
        }
    }
}

impl Span {
    fn into_proto(self) -> proto::Span {
        proto::Span {
            trace_id: self.trace_id,
            span_id: self.span_id,
            trace_state: self.trace_state,
            parent_span_id: self.parent_span_id,
            flags: self.flags,
            name: self.name,
            kind: self.kind,
            start_time_unix_nano: self.start_time_unix_nano,
            end_time_unix_nano: self.end_time_unix_nano,
            attributes: attributes(self.attributes),
            dropped_attributes_count: self.dropped_attributes_count,
            events: self.events.into_iter().map(Event::into_proto).collect(),
            dropped_events_count: self.dropped_events_count,
            links: self.links.into_iter().map(Link::into_proto).collect(),
            dropped_links_count: self.dropped_links_count,
            status: self.status.map(|status| proto::Status {
                message: status.message,
                code: status.code,
            }),
        }
    }
}

impl Event {
    fn into_proto(self) -> proto::span::Event {
        proto::span::Event {
            time_unix_nano: self.time_unix_nano,
            name: self.name,
            attributes: attributes(self.attributes),
            dropped_attributes_count: self.dropped_attributes_count,
        }
    }
}

impl Link {
    fn into_proto(self) -> proto::span::Link {
        proto::span::Link {
            trace_id: self.trace_id,
            span_id: self.span_id,
            trace_state: self.trace_state,
            attributes: attributes(self.attributes),
            dropped_attributes_count: self.dropped_attributes_count,
            flags: self.flags,
        }
    }
}
