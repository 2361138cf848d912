//! An applied fault as an OpenTelemetry log event named `fault.applied`, in both directions.
//!
//! Reading is strict: what this module would not have written is refused, with the attribute that is wrong.

use faults::catalogue;
use faults::truth::{Applied, Role};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;

/// The event's name.
pub const EVENT_NAME: &str = "fault.applied";

const SEQUENCE: &str = "load.sequence";
const FAULT: &str = "fault.name";
const AT: &str = "fault.at";
const ROLE: &str = "fault.role";
const EFFECT: &str = "fault.effect";
const SPANS: &str = "fault.spans";

/// What is wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is some other event.
    #[error("the event is named `{0}`, not `{EVENT_NAME}`")]
    Name(String),
    /// The attribute is not there.
    #[error("the attribute `{0}` is missing")]
    Missing(&'static str),
    /// The attribute is there, with a value of another type or form.
    #[error("the attribute `{name}` is not {expected}")]
    Form {
        /// The attribute.
        name: &'static str,
        /// What its value would have to be.
        expected: &'static str,
    },
    /// No fault of that name is in the catalogue.
    #[error("there is no fault `{0}`")]
    UnknownFault(String),
    /// The trace id or the span id is of another length, or the span id is not the first of `fault.spans`.
    #[error("the {0} is not what the event's spans say")]
    Identifier(&'static str),
}

/// One export request with these events, all from the part named `service`.
#[must_use]
pub fn encode_request(service: &str, events: &[Applied]) -> ExportLogsServiceRequest {
    let resource = Resource {
        attributes: vec![attribute("service.name", Value::StringValue(service.to_owned()))],
        ..Resource::default()
    };
    let logs = ScopeLogs {
        scope: Some(InstrumentationScope {
            name: "referee".to_owned(),
            ..InstrumentationScope::default()
        }),
        log_records: events.iter().map(encode).collect(),
        ..ScopeLogs::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![logs],
            ..ResourceLogs::default()
        }],
    }
}

/// The events of an export request in their order, each read or refused on its own.
pub fn decode_request(
    request: &ExportLogsServiceRequest,
) -> impl Iterator<Item = Result<Applied, EventError>> + '_ {
    request
        .resource_logs
        .iter()
        .flat_map(|resource| &resource.scope_logs)
        .flat_map(|scope| &scope.log_records)
        .map(decode)
}

/// One event as a log record. An all-zero trace id (nobody propagated one) is written as none.
#[must_use]
pub fn encode(applied: &Applied) -> LogRecord {
    let mut attributes = vec![
        attribute(FAULT, Value::StringValue(applied.fault.to_owned())),
        attribute(AT, Value::StringValue(applied.at.clone())),
        attribute(ROLE, Value::StringValue(role_name(applied.role).to_owned())),
        attribute(EFFECT, Value::DoubleValue(applied.effect)),
        attribute(
            SPANS,
            Value::ArrayValue(ArrayValue {
                values: applied.span_ids.iter().map(hex).collect(),
            }),
        ),
    ];
    if let Some(sequence) = applied.sequence {
        // OTLP has no unsigned integers: the bits are kept, so that every sequence number survives.
        attributes.push(attribute(SEQUENCE, Value::IntValue(sequence.cast_signed())));
    }
    LogRecord {
        time_unix_nano: applied.at_unix_ns,
        observed_time_unix_nano: applied.at_unix_ns,
        trace_id: if applied.trace_id == [0; 16] {
            Vec::new()
        } else {
            applied.trace_id.to_vec()
        },
        span_id: applied.span_ids.first().map(|id| id.to_vec()).unwrap_or_default(),
        event_name: EVENT_NAME.to_owned(),
        attributes,
        ..LogRecord::default()
    }
}

/// The applied fault that a log record tells of.
///
/// # Errors
/// When the record is not what [`encode`] writes, or names a fault that is not in the catalogue.
pub fn decode(record: &LogRecord) -> Result<Applied, EventError> {
    if record.event_name != EVENT_NAME {
        return Err(EventError::Name(record.event_name.clone()));
    }
    let name = text(record, FAULT)?;
    let fault = catalogue::find(name).ok_or_else(|| EventError::UnknownFault(name.to_owned()))?;
    let role = match text(record, ROLE)? {
        "culprit" => Role::Culprit,
        "bystander" => Role::Bystander,
        _ => {
            return Err(EventError::Form {
                name: ROLE,
                expected: "`culprit` or `bystander`",
            });
        }
    };
    let Value::DoubleValue(effect) = required(record, EFFECT)? else {
        return Err(EventError::Form {
            name: EFFECT,
            expected: "a double",
        });
    };
    let sequence = match value(record, SEQUENCE) {
        None => None,
        Some(Value::IntValue(sequence)) => Some(sequence.cast_unsigned()),
        Some(_) => {
            return Err(EventError::Form {
                name: SEQUENCE,
                expected: "an integer",
            });
        }
    };
    let span_ids = spans(record)?;
    if record.span_id != span_ids.first().map_or(&[][..], |id| id.as_slice()) {
        return Err(EventError::Identifier("span id"));
    }
    let trace_id = match record.trace_id.as_slice() {
        [] => [0; 16],
        id => id.try_into().map_err(|_| EventError::Identifier("trace id"))?,
    };
    Ok(Applied {
        trace_id,
        span_ids,
        sequence,
        fault: fault.name,
        at: text(record, AT)?.to_owned(),
        role,
        effect: *effect,
        at_unix_ns: record.time_unix_nano,
    })
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Culprit => "culprit",
        Role::Bystander => "bystander",
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn hex(id: &[u8; 8]) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(format!("{:016x}", u64::from_be_bytes(*id)))),
    }
}

fn value<'record>(record: &'record LogRecord, name: &str) -> Option<&'record Value> {
    let attribute = record.attributes.iter().find(|attribute| attribute.key == name)?;
    attribute.value.as_ref()?.value.as_ref()
}

fn required<'record>(record: &'record LogRecord, name: &'static str) -> Result<&'record Value, EventError> {
    value(record, name).ok_or(EventError::Missing(name))
}

fn text<'record>(record: &'record LogRecord, name: &'static str) -> Result<&'record str, EventError> {
    match required(record, name)? {
        Value::StringValue(text) => Ok(text),
        _ => Err(EventError::Form {
            name,
            expected: "a string",
        }),
    }
}

fn spans(record: &LogRecord) -> Result<Vec<[u8; 8]>, EventError> {
    let wrong = EventError::Form {
        name: SPANS,
        expected: "an array of strings of 16 hexadecimal digits",
    };
    let Value::ArrayValue(array) = required(record, SPANS)? else {
        return Err(wrong);
    };
    let span = |value: &AnyValue| match &value.value {
        Some(Value::StringValue(text)) if text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u64::from_str_radix(text, 16).ok().map(u64::to_be_bytes)
        }
        _ => None,
    };
    array
        .values
        .iter()
        .map(span)
        .collect::<Option<Vec<_>>>()
        .ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost::Message;

    fn applied() -> impl Strategy<Value = Applied> {
        (
            any::<[u8; 16]>(),
            proptest::collection::vec(any::<[u8; 8]>(), 0..20),
            any::<Option<u64>>(),
            0..catalogue::FAULTS.len(),
            "[a-z>.-]{0,30}",
            any::<bool>(),
            -1e12..1e12_f64,
            any::<u64>(),
        )
            .prop_map(
                |(trace_id, span_ids, sequence, fault, at, culprit, effect, at_unix_ns)| Applied {
                    trace_id,
                    span_ids,
                    sequence,
                    fault: catalogue::FAULTS[fault].name,
                    at,
                    role: if culprit { Role::Culprit } else { Role::Bystander },
                    effect,
                    at_unix_ns,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(events in proptest::collection::vec(applied(), 0..5)) {
            let bytes = encode_request("orders", &events).encode_to_vec();
            let request = ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap();
            let read: Result<Vec<_>, _> = decode_request(&request).collect();
            prop_assert_eq!(read.unwrap(), events);
        }
    }

    fn example() -> LogRecord {
        encode(&Applied {
            trace_id: [7; 16],
            span_ids: vec![[1; 8], [2; 8]],
            sequence: Some(17),
            fault: catalogue::FAULTS[0].name,
            at: "catalog.search".to_owned(),
            role: Role::Culprit,
            effect: 21.0,
            at_unix_ns: 5,
        })
    }

    fn without(name: &str) -> LogRecord {
        let mut record = example();
        record.attributes.retain(|attribute| attribute.key != name);
        record
    }

    fn with(name: &str, value: Value) -> LogRecord {
        let mut record = without(name);
        record.attributes.push(attribute(name, value));
        record
    }

    #[test]
    fn an_event_that_is_not_ours_is_refused_with_what_is_wrong() {
        let other = LogRecord {
            event_name: "exception".to_owned(),
            ..example()
        };
        assert_eq!(decode(&other), Err(EventError::Name("exception".to_owned())));
        let unknown = with(FAULT, Value::StringValue("slow-qery".to_owned()));
        assert_eq!(
            decode(&unknown),
            Err(EventError::UnknownFault("slow-qery".to_owned()))
        );
        for name in [FAULT, AT, ROLE, EFFECT, SPANS] {
            assert_eq!(decode(&without(name)), Err(EventError::Missing(name)));
            let wrong = decode(&with(name, Value::BoolValue(true)));
            assert!(
                matches!(wrong, Err(EventError::Form { name: told, .. }) if told == name),
                "{wrong:?}"
            );
        }
        let short = LogRecord {
            trace_id: vec![1; 15],
            ..example()
        };
        assert_eq!(decode(&short), Err(EventError::Identifier("trace id")));
        let contradiction = LogRecord {
            span_id: vec![9; 8],
            ..example()
        };
        assert_eq!(decode(&contradiction), Err(EventError::Identifier("span id")));
    }

    #[test]
    fn a_request_sent_by_hand_has_no_sequence() {
        assert_eq!(decode(&without(SEQUENCE)).unwrap().sequence, None);
    }
}
