//! The words that this crate gives to scenario files.

use scenarios::vocabulary::{BadValue, DistractorWords, Vocabulary};

use crate::baggage;
use crate::catalogue::{self, FAULTS};
use crate::distractors::{self, DISTRACTORS, Kind};
use crate::routes::{self, SERVICES};

/// The shop's journeys and services, and the catalogue's faults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Catalogue;

impl Vocabulary for Catalogue {
    fn journeys(&self) -> Vec<&'static str> {
        routes::journeys().collect()
    }

    fn services(&self) -> Vec<&'static str> {
        SERVICES.to_vec()
    }

    fn faults(&self) -> Vec<&'static str> {
        FAULTS.iter().map(|fault| fault.name).collect()
    }

    fn places(&self, fault: &str) -> Vec<&'static str> {
        catalogue::find(fault).map_or_else(Vec::new, |fault| fault.all_place_names())
    }

    fn parameters(&self, fault: &str) -> Vec<&'static str> {
        catalogue::find(fault)
            .map(|fault| fault.parameters.iter().map(|parameter| parameter.name).collect())
            .unwrap_or_default()
    }

    fn parameter_summary(&self, fault: &str, parameter: &str) -> String {
        catalogue::find(fault)
            .and_then(|fault| fault.parameter(parameter))
            .map_or_else(String::new, |parameter| {
                format!(
                    "{}: {}; {} by default",
                    parameter.summary,
                    parameter.kind.values(),
                    parameter.default
                )
            })
    }

    fn check_parameter(&self, fault: &str, parameter: &str, value: &str) -> Result<(), BadValue> {
        let Some(entry) = catalogue::find(fault).and_then(|fault| fault.parameter(parameter)) else {
            return Err(BadValue {
                message: format!("`{fault}` has no parameter `{parameter}`"),
                help: String::new(),
            });
        };
        baggage::read_parameter(entry, value)
            .map(drop)
            .map_err(|help| BadValue {
                message: format!("`{parameter}` of {fault} cannot be `{value}`"),
                help,
            })
    }

    fn reaches(&self, journey: &str, place: &str) -> bool {
        routes::of_journey(journey).is_some_and(|route| route.reaches(place) || route.visits(place))
    }

    fn strikes_for_a_time(&self, fault: &str, place: &str) -> bool {
        catalogue::is_set_for_a_time(fault, place)
    }

    fn obstacle(&self, one: (&str, &str), other: (&str, &str)) -> Option<String> {
        catalogue::obstacle(one, other)
    }

    fn distractors(&self) -> Vec<&'static str> {
        DISTRACTORS.iter().map(|distractor| distractor.name).collect()
    }

    fn distractor(&self, name: &str) -> Option<DistractorWords> {
        let distractor = distractors::find(name)?;
        let (rate, factor) = match distractor.kind {
            Kind::Traffic { rate, .. } => (Some(rate), None),
            Kind::SlowProvider { factor } => (None, Some(factor)),
            Kind::Deploy => (None, None),
        };
        Some(DistractorWords {
            fields: distractor.fields(),
            places: distractor.places(),
            rate,
            factor,
        })
    }
}
