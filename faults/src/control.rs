//! What the control endpoint of a part takes: faults that are set for a time instead of riding with a request. Services and
//! the wire answer alike: `GET /control/faults` tells what is set, as a `PUT` would say it, `PUT /control/faults` replaces all that is set, `DELETE /control/faults` clears it, and
//! `DELETE /control/faults/NAME` clears one fault at all its places.

use std::collections::BTreeMap;

use scenarios::words;
use serde::{Deserialize, Serialize};

use crate::baggage::ActiveFault;
use crate::catalogue::{self, FAULTS, Fault};

/// What says in a service's environment what is set in it from the start, as a `PUT` would say it: it takes the place of one in which
/// that was set.
pub const SET_FAULTS: &str = "FAULTMART_SET_FAULTS";

/// More than enough for every place of a part, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The body of a `PUT`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    faults: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fault: String,
    at: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// The answer to a `GET`, which a `PUT` takes as it is.
#[must_use]
pub fn tell<'a>(set: impl IntoIterator<Item = &'a ActiveFault>) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        faults: Vec<&'a ActiveFault>,
    }
    let told = Told {
        faults: set.into_iter().collect(),
    };
    // Names and texts are all there is in it, which JSON can say.
    serde_json::to_string(&told).unwrap_or_default()
}

/// Whether the value of an `Authorization` header shows the run's token; how long that takes says nothing of where it differs.
#[must_use]
pub fn shows_token(authorization: Option<&[u8]>, token: &str) -> bool {
    let shown = authorization.and_then(|value| value.strip_prefix(b"Bearer "));
    shown.is_some_and(|shown| is_same(shown, token.as_bytes()))
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differences, (a, b)| differences | (a ^ b))
            == 0
}

/// Reads the body of a `PUT`. `part` is who was asked, and `places` says where a fault can be set there; none when it never
/// strikes there.
///
/// # Errors
/// What is wrong, in one line: an unknown fault, place or parameter, with the nearest that there is.
pub fn read(
    body: &[u8],
    part: &str,
    places: impl Fn(&'static Fault) -> Vec<&'static str>,
) -> Result<Vec<ActiveFault>, String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| format!("the body: {error}"))?;
    let mut faults: Vec<ActiveFault> = Vec::new();
    for Entry {
        fault,
        at,
        parameters,
    } in body.faults
    {
        let entry = known(&fault)?;
        let here = places(entry);
        if here.is_empty() {
            let settable = FAULTS.into_iter().filter(|fault| !places(fault).is_empty());
            let help = words::list(settable.map(|fault| fault.name));
            let help = if help.is_empty() {
                "nothing can"
            } else {
                &format!("what can be is {help}")
            };
            return Err(format!("`{fault}` cannot be set at {part}: {help}"));
        }
        if !here.contains(&at.as_str()) {
            let help = words::suggest(&at, here.iter().copied());
            return Err(format!(
                "`{fault}` cannot strike at `{}` in {part}: {help}",
                crate::baggage::shortened(&at)
            ));
        }
        let active = ActiveFault::for_a_time(&fault, &at, parameters).map_err(|error| error.to_string())?;
        if faults
            .iter()
            .any(|other| other.fault == active.fault && other.at == active.at)
        {
            return Err(format!("`{fault}` at `{at}` is named twice"));
        }
        faults.push(active);
    }
    Ok(faults)
}

/// The fault that a `DELETE /control/faults/NAME` names.
///
/// # Errors
/// When there is none of that name, with the nearest that there is.
pub fn known(name: &str) -> Result<&'static Fault, String> {
    catalogue::find(name).ok_or_else(|| {
        let help = words::suggest(name, FAULTS.iter().map(|fault| fault.name));
        format!("unknown fault `{}`: {help}", crate::baggage::shortened(name))
    })
}

/// Where a fault can be set at a service: at the service itself, and at its operations.
#[must_use]
pub fn places_of_service(service: &str, fault: &'static Fault) -> Vec<&'static str> {
    let is_here = |place: &&'static str| {
        *place == service
            || place
                .strip_prefix(service)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    fault.window_place_names().into_iter().filter(is_here).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_catalog(body: &str) -> Result<Vec<ActiveFault>, String> {
        read(body.as_bytes(), "catalog", |fault| {
            places_of_service("catalog", fault)
        })
    }

    #[test]
    fn what_is_named_is_set() {
        let faults = at_catalog(
            r#"{"faults":[{"fault":"slow-query","at":"catalog.search"},{"fault":"n-plus-one-sql","at":"catalog.product"}]}"#,
        )
        .unwrap();
        assert_eq!(faults.len(), 2);
        assert_eq!(
            (faults[0].fault, faults[0].at.as_str()),
            ("slow-query", "catalog.search")
        );
        assert!(at_catalog(r#"{"faults":[]}"#).unwrap().is_empty());
    }

    #[test]
    fn what_is_told_can_be_set() {
        let body = r#"{"faults":[{"fault":"network-latency","at":"gateway->catalog","parameters":{"delay":"5ms"}}]}"#;
        let wire = |fault: &'static Fault| fault.window_place_names();
        let faults = read(body.as_bytes(), "the wire", wire).unwrap();
        assert_eq!(tell(&faults), body);
    }

    #[test]
    fn what_is_unknown_or_elsewhere_is_refused_by_name() {
        for (body, message) in [
            (
                r#"{"faults":[{"fault":"slow-qery","at":"catalog.search"}]}"#,
                "did you mean `slow-query`?",
            ),
            (
                r#"{"faults":[{"fault":"slow-query","at":"catalog.serch"}]}"#,
                "did you mean `catalog.search`?",
            ),
            (
                r#"{"faults":[{"fault":"slow-query","at":"orders.list-orders"}]}"#,
                "cannot strike at `orders.list-orders` in catalog",
            ),
            (
                r#"{"faults":[{"fault":"network-latency","at":"gateway->catalog"}]}"#,
                "`network-latency` cannot be set at catalog",
            ),
            (
                r#"{"faults":[{"fault":"slow-query","at":"catalog.search","parameters":{"rows":"1"}}]}"#,
                "has no parameter `rows`",
            ),
            (
                r#"{"faults":[{"fault":"slow-query","at":"catalog.search"},{"fault":"slow-query","at":"catalog.search"}]}"#,
                "named twice",
            ),
            (r#"{"faults":[],"share":"50%"}"#, "unknown field `share`"),
            ("{", "the body: EOF"),
        ] {
            let error = at_catalog(body).unwrap_err();
            assert!(error.contains(message), "{body}: {error}");
        }
    }

    #[test]
    fn only_the_whole_token_opens() {
        assert!(shows_token(Some(b"Bearer secret"), "secret"));
        for shown in [
            None,
            Some(&b""[..]),
            Some(b"Bearer "),
            Some(b"Bearer secre"),
            Some(b"secret"),
            Some(b"Basic secret"),
        ] {
            assert!(!shows_token(shown, "secret"), "{shown:?}");
        }
    }
}
