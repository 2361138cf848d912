//! Who the telemetry is from.

use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::configuration::Configuration;

/// `service.instance.id` of this process: a random UUID, the same for all its signals.
#[must_use]
pub fn instance_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let mut bytes = RandomIdGenerator::default().new_trace_id().to_bytes();
        // The version (4, random) and the variant of RFC 9562.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-{}-{}-{}",
            &text[..8],
            &text[8..12],
            &text[12..16],
            &text[16..20],
            &text[20..]
        )
    })
}

/// The resource of this process. `OTEL_SERVICE_NAME` goes before `OTEL_RESOURCE_ATTRIBUTES`, and both go before ours.
pub(super) fn resource(service: &str, configuration: &Configuration) -> Resource {
    let mut attributes = vec![
        KeyValue::new("service.name", service.to_owned()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance_id()),
    ];
    attributes.extend(
        configuration
            .resource_attributes
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
    );
    if let Some(name) = &configuration.service_name {
        attributes.push(KeyValue::new("service.name", name.clone()));
    }
    // What the span counts are reconciled by must be ours, whatever the environment says.
    attributes.push(KeyValue::new("service.instance.id", instance_id()));
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes)
        .build()
}

#[cfg(test)]
mod tests {
    use opentelemetry::Key;

    use super::*;

    #[test]
    fn the_environment_goes_before_our_own_names() {
        let configuration = Configuration::read(&|variable| match variable {
            "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
            "OTEL_RESOURCE_ATTRIBUTES" => {
                Some("service.name=other,deployment.environment.name=a%20b".to_owned())
            }
            _ => None,
        });
        let resource = resource("orders", &configuration);
        let get = |key| {
            resource
                .get(&Key::from_static_str(key))
                .map(|value| value.to_string())
        };
        assert_eq!(get("service.name").as_deref(), Some("shop"));
        assert_eq!(get("deployment.environment.name").as_deref(), Some("a b"));
        assert_eq!(get("service.instance.id").as_deref(), Some(instance_id()));
        assert_eq!(instance_id().len(), 36);
    }
}
