//! An entry of the catalogue as JSON, for `faultmart fault --format json` and for the page.

use serde_json::{Value, json};

use super::{Databases, Fault, Parameter, ParameterKind, Places};

impl Fault {
    /// All that the catalogue says of it.
    #[must_use]
    pub fn describe(&self) -> Value {
        let parameters: Vec<Value> = self.parameters.iter().map(Parameter::describe).collect();
        let refused = match self.databases {
            Databases::Both => Value::Null,
            Databases::Only { because, .. } => because.into(),
        };
        json!({
            "name": self.name,
            "family": self.family,
            "summary": self.summary,
            "mechanism": self.mechanism,
            "signature": self.signature,
            "shown_by": self.shown_by,
            "confused_with": self.confused_with,
            "fix": self.fix,
            "scope": self.scope.as_str(),
            "databases": self.databases.names(),
            "databases_because": refused,
            "lasting": self.lasting,
            "effect": { "name": self.effect.name, "unit": self.effect.unit },
            "places": self.all_place_names(),
            "rides_at": self.place_names(),
            "set_at": self.window_place_names(),
            "has_code": matches!(self.places, Places::Operations(_)),
            "parameters": parameters,
            "scenario": self.scenario,
        })
    }
}

impl Parameter {
    fn describe(&self) -> Value {
        let (min, max) = self.kind.range().unzip();
        let words = match self.kind {
            ParameterKind::OneOf(words) => Some(words),
            _ => None,
        };
        json!({
            "name": self.name,
            "unit": self.kind.unit(),
            "values": self.kind.values(),
            "min": min,
            "max": max,
            "words": words,
            "default": self.default,
            "summary": self.summary,
        })
    }
}
