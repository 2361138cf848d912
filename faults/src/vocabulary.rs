//! The words that this crate gives to scenario files.

use scenarios::vocabulary::{BadValue, Vocabulary};

use crate::baggage;
use crate::catalogue::{self, FAULTS, Places};
use crate::routes::{self, DATABASE_EDGES, SERVICES};

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
        let Some(fault) = catalogue::find(fault) else {
            return Vec::new();
        };
        let mut places = fault.place_names();
        if matches!(fault.places, Places::Edges) {
            places.extend(DATABASE_EDGES);
        }
        places
    }

    fn parameters(&self, fault: &str) -> Vec<&'static str> {
        catalogue::find(fault)
            .map(|fault| fault.parameters.iter().map(|parameter| parameter.name).collect())
            .unwrap_or_default()
    }

    fn parameter_summary(&self, fault: &str, parameter: &str) -> &'static str {
        catalogue::find(fault)
            .and_then(|fault| fault.parameter(parameter))
            .map_or("", |parameter| parameter.summary)
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
        routes::of_journey(journey).is_some_and(|route| route.reaches(place))
    }

    fn is_per_connection(&self, place: &str) -> bool {
        DATABASE_EDGES.contains(&place)
    }
}
