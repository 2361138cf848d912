//! The JSON Schema of scenario files, for editors. It is made of the same table of fields that the reader goes by, and of the
//! words that the vocabulary knows, so that it cannot say anything else than the reader does.

use serde_json::{Map, Value, json};

use crate::fields::{Field, MAX_WEIGHT, SCENARIO, Shape};
use crate::units::grouped;
use crate::vocabulary::Vocabulary;

const DURATION: &str = r"^[0-9][0-9_]*(\.[0-9]+)?\s*(ns|us|ms|s|m|h)$";
const DURATION_RANGE: &str =
    r"^[0-9][0-9_]*(\.[0-9]+)?\s*(ns|us|ms|s|m|h)(\s*\.\.\s*[0-9][0-9_]*(\.[0-9]+)?\s*(ns|us|ms|s|m|h))?$";
const SHARE: &str = r"^[0-9]+(\.[0-9]+)?\s*%$";
const RATE: &str = r"^[0-9][0-9_]*(\.[0-9]+)?\s*/[sm](\s*\.\.\s*[0-9][0-9_]*(\.[0-9]+)?\s*/[sm])?$";
const INTEGER: &str = "^[0-9]([0-9_]*[0-9])?$";

/// The schema (draft 2020-12).
#[must_use]
pub fn schema(vocabulary: &dyn Vocabulary) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Faultmart scenario",
        "description": "What a run is made of: the shop, its load, the faults that strike, and what must hold.",
    });
    let body = section(SCENARIO, &["load"], vocabulary);
    if let (Value::Object(schema), Value::Object(body)) = (&mut schema, body) {
        schema.extend(body);
    }
    schema
}

/// A mapping of these fields and no others.
fn section(fields: &[Field], required: &[&str], vocabulary: &dyn Vocabulary) -> Value {
    json!({
        "type": "object",
        "properties": properties(fields, vocabulary),
        "required": required,
        "additionalProperties": false,
    })
}

fn properties(fields: &[Field], vocabulary: &dyn Vocabulary) -> Map<String, Value> {
    fields
        .iter()
        .map(|field| {
            let mut value = shape(field.shape, vocabulary);
            if let Value::Object(value) = &mut value {
                value.insert("description".to_owned(), field.summary.into());
            }
            (field.name.to_owned(), value)
        })
        .collect()
}

fn shape(shape: Shape, vocabulary: &dyn Vocabulary) -> Value {
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Integer { min, max } => integer(min, max),
        Shape::Duration => json!({ "type": "string", "pattern": DURATION }),
        Shape::DurationRange => json!({ "type": "string", "pattern": DURATION_RANGE }),
        Shape::Share => json!({ "type": "string", "pattern": SHARE }),
        Shape::Rate => json!({
            "oneOf": [
                { "type": "string", "pattern": RATE },
                { "type": "array", "items": { "type": "string", "pattern": RATE }, "minItems": 1 },
            ],
        }),
        Shape::OneOf(words) => json!({ "enum": words }),
        // A file with requests of its own uses their names.
        Shape::Journey => json!({ "anyOf": [{ "enum": vocabulary.journeys() }, { "type": "string" }] }),
        Shape::Mix => json!({
            "type": "object",
            "properties": mix(vocabulary),
            "additionalProperties": integer(0, MAX_WEIGHT),
            "minProperties": 1,
        }),
        Shape::Fault => json!({ "enum": vocabulary.faults() }),
        Shape::Place => json!({ "enum": all_places(vocabulary) }),
        Shape::Headers => {
            json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
        }
        Shape::Section(fields) => section(fields, &[], vocabulary),
        Shape::List(fields) => {
            json!({ "type": "array", "minItems": 1, "items": section(fields, &["for"], vocabulary) })
        }
        Shape::Faults(fields) => json!({ "type": "array", "items": faults(fields, vocabulary) }),
        Shape::Distractors(fields) => {
            json!({ "type": "array", "items": section(fields, &["distractor"], vocabulary) })
        }
        Shape::Distractor => json!({ "enum": vocabulary.distractors() }),
        Shape::Service => json!({ "enum": vocabulary.services() }),
        Shape::Requests(fields) => {
            json!({ "type": "object", "additionalProperties": section(fields, &["path"], vocabulary) })
        }
        Shape::Expectations => json!({
            "type": "array",
            "items": {
                "oneOf": [
                    { "type": "string" },
                    {
                        "type": "object",
                        "additionalProperties": { "type": "string" },
                        "minProperties": 1,
                        "maxProperties": 1,
                    },
                ],
            },
        }),
    }
}

/// YAML reads `2_000` as a text.
fn integer(min: u64, max: u64) -> Value {
    json!({
        "oneOf": [
            { "type": "integer", "minimum": min, "maximum": max },
            { "type": "string", "pattern": INTEGER, "description": format!("at most {}", grouped(max)) },
        ],
    })
}

fn mix(vocabulary: &dyn Vocabulary) -> Map<String, Value> {
    vocabulary
        .journeys()
        .into_iter()
        .map(|journey| (journey.to_owned(), integer(0, MAX_WEIGHT)))
        .collect()
}

fn all_places(vocabulary: &dyn Vocabulary) -> Vec<&'static str> {
    let mut places = Vec::new();
    for place in vocabulary
        .faults()
        .into_iter()
        .flat_map(|fault| vocabulary.places(fault))
    {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// A fault rule: for each fault, its own places and parameters beside the common fields.
fn faults(fields: &[Field], vocabulary: &dyn Vocabulary) -> Value {
    let rules: Vec<Value> = vocabulary
        .faults()
        .into_iter()
        .map(|fault| {
            let mut properties = properties(fields, vocabulary);
            properties.insert("fault".to_owned(), json!({ "const": fault, "description": "The fault's name." }));
            properties.insert(
                "at".to_owned(),
                json!({ "enum": vocabulary.places(fault), "description": "Where it strikes: an operation or an edge." }),
            );
            for parameter in vocabulary.parameters(fault) {
                let summary = vocabulary.parameter_summary(fault, parameter);
                properties.insert(parameter.to_owned(), json!({ "type": "string", "description": summary }));
            }
            json!({
                "type": "object",
                "properties": properties,
                "required": ["fault", "at"],
                "additionalProperties": false,
            })
        })
        .collect();
    json!({ "oneOf": rules })
}
