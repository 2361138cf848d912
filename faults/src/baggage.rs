//! How faults ride with a request: the W3C `baggage` header, in a codec of our own.
//!
//! `baggage: fault.slow-query=catalog.search,fault.network-latency=gateway->orders;delay=80ms;jitter=10ms,load.sequence=17`
//!
//! Values and properties are `[A-Za-z0-9.:/_>-]+`, so that nothing needs encoding. A second place of the same fault is
//! `fault.NAME.2`, up to `.9`. What is not ours is passed through untouched, by whoever forwards the header as it came.

mod error;
mod parameters;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::catalogue::{self, FAULTS, Fault};
use crate::routes::DATABASE_EDGES;

pub use error::BaggageError;
pub(crate) use error::shortened;
pub use parameters::ParameterValue;
pub(crate) use parameters::read as read_parameter;

/// The largest `baggage` header, in bytes, all its lines joined.
pub const MAX_BYTES: usize = 8 * 1024;

/// The most places at which one fault can strike in one request.
pub const MAX_PLACES: usize = 9;

/// The faults and the sequence number that ride with one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFaults {
    /// The planned request's number; none for a request that someone sent by hand.
    pub sequence: Option<u64>,
    /// What is to strike, and where.
    pub active: Vec<ActiveFault>,
}

/// A fault, where it is to strike, and how.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ActiveFault {
    /// The catalogue's name.
    pub fault: &'static str,
    /// An operation or an edge, one the fault can strike at.
    pub at: String,
    /// As written, checked against the catalogue; defaults are not filled in.
    pub parameters: BTreeMap<String, String>,
}

impl RequestFaults {
    /// The fault of that name at that place, if it rides with this request.
    #[must_use]
    pub fn find(&self, fault: &str, at: &str) -> Option<&ActiveFault> {
        self.active
            .iter()
            .find(|active| active.fault == fault && active.at == at)
    }
}

impl RequestFaults {
    /// Why this one cannot ride along with those that are here, if it cannot.
    pub(crate) fn clash(&self, active: &ActiveFault) -> Option<BaggageError> {
        self.active.iter().find_map(|other| {
            let because = catalogue::obstacle((other.fault, &other.at), (active.fault, &active.at))?;
            Some(BaggageError::Clash {
                one: other.fault,
                other: active.fault,
                at: active.at.clone(),
                because,
            })
        })
    }
}

impl ActiveFault {
    /// A fault of the catalogue at a place where it can strike, with parameters that it has.
    ///
    /// # Errors
    /// When the catalogue knows no such fault, place, parameter or value.
    pub fn new(fault: &str, at: &str, parameters: BTreeMap<String, String>) -> Result<Self, BaggageError> {
        let entry = catalogue::find(fault).ok_or_else(|| BaggageError::unknown_fault(fault))?;
        check_place(entry, at)?;
        Self::checked(entry, at, parameters)
    }

    /// A fault that is set for a time instead of riding with a request: it can also strike connections and whole services.
    ///
    /// # Errors
    /// As for [`ActiveFault::new`], and when the fault can only ride with a request.
    pub fn for_a_time(
        fault: &str,
        at: &str,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, BaggageError> {
        let entry = catalogue::find(fault).ok_or_else(|| BaggageError::unknown_fault(fault))?;
        let known = entry.window_place_names();
        if known.is_empty() {
            return Err(BaggageError::RidesOnly { fault: entry.name });
        }
        if !known.contains(&at) {
            return Err(BaggageError::unknown_place_of(entry.name, at, known));
        }
        Self::checked(entry, at, parameters)
    }

    fn checked(
        entry: &'static Fault,
        at: &str,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, BaggageError> {
        for (name, value) in &parameters {
            parameters::check(entry, name, value)?;
        }
        Ok(Self {
            fault: entry.name,
            at: at.to_owned(),
            parameters,
        })
    }
}

/// Reads the faults and the sequence number out of the lines of a `baggage` header. Members that are not ours are ignored.
///
/// # Errors
/// When one of ours names something that the catalogue does not have, or cannot be read. Nothing is ever skipped.
pub fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Result<RequestFaults, BaggageError> {
    let mut faults = RequestFaults::default();
    let mut bytes = 0;
    for line in lines {
        // The comma that joins two lines counts.
        bytes += line.len() + usize::from(bytes > 0);
        if bytes > MAX_BYTES {
            return Err(BaggageError::TooLarge);
        }
        for member in line.split(',').map(trim).filter(|member| !member.is_empty()) {
            read_member(member, &mut faults)?;
        }
    }
    Ok(faults)
}

/// Writes the faults and the sequence number as one line of a `baggage` header; empty when there is neither.
///
/// At most [`MAX_PLACES`] places of one fault can be written; whoever makes a plan keeps to that.
#[must_use]
pub fn encode(faults: &RequestFaults) -> String {
    let mut line = String::new();
    for (index, active) in faults.active.iter().enumerate() {
        let place = 1 + faults.active[..index]
            .iter()
            .filter(|other| other.fault == active.fault)
            .count();
        separate(&mut line);
        line.push_str("fault.");
        line.push_str(active.fault);
        if place > 1 {
            // Writing into a string cannot fail.
            let _ = write!(line, ".{place}");
        }
        line.push('=');
        line.push_str(&active.at);
        for (name, value) in &active.parameters {
            let _ = write!(line, ";{name}={value}");
        }
    }
    if let Some(sequence) = faults.sequence {
        separate(&mut line);
        let _ = write!(line, "load.sequence={sequence}");
    }
    line
}

fn separate(line: &mut String) {
    if !line.is_empty() {
        line.push(',');
    }
}

/// Reads one member of the list, `key=value;property=value`.
fn read_member(member: &str, faults: &mut RequestFaults) -> Result<(), BaggageError> {
    let (content, properties) = match member.split_once(';') {
        Some((content, properties)) => (content, Some(properties)),
        None => (member, None),
    };
    let (key, value) = match content.split_once('=') {
        Some((key, value)) => (trim(key), Some(trim(value))),
        None => (trim(content), None),
    };
    if key == "load.sequence" {
        return read_sequence(value, faults);
    }
    let Some(name) = key.strip_prefix("fault.") else {
        return Ok(());
    };
    let value = well_formed(value.unwrap_or_default(), member)?;
    let parameters = match properties {
        Some(properties) => read_properties(properties, member)?,
        None => BTreeMap::new(),
    };
    let active = ActiveFault::new(without_place_number(name), value, parameters)?;
    if faults.find(active.fault, &active.at).is_some() {
        return Err(BaggageError::Twice {
            fault: active.fault,
            at: active.at,
        });
    }
    if let Some(error) = faults.clash(&active) {
        return Err(error);
    }
    faults.active.push(active);
    Ok(())
}

fn read_sequence(value: Option<&str>, faults: &mut RequestFaults) -> Result<(), BaggageError> {
    let text = value.unwrap_or_default();
    // `parse` would let a plus sign pass.
    let number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten();
    match (number, faults.sequence) {
        (Some(_), Some(_)) => Err(BaggageError::bad_syntax("load.sequence", "it is given twice")),
        (Some(number), None) => {
            faults.sequence = Some(number);
            Ok(())
        }
        (None, _) => Err(BaggageError::bad_syntax(
            &format!("load.sequence={text}"),
            "a whole number is expected",
        )),
    }
}

/// Reads `delay=80ms;jitter=10ms`.
fn read_properties(properties: &str, member: &str) -> Result<BTreeMap<String, String>, BaggageError> {
    let mut parameters = BTreeMap::new();
    for property in properties.split(';').map(trim) {
        let (name, value) = property
            .split_once('=')
            .ok_or_else(|| BaggageError::bad_syntax(member, "a parameter is written `;name=value`"))?;
        let name = well_formed(trim(name), member)?;
        let value = well_formed(trim(value), member)?;
        if parameters.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(BaggageError::bad_syntax(member, "a parameter is given twice"));
        }
    }
    Ok(parameters)
}

/// `network-latency.2` is the second place of `network-latency`.
fn without_place_number(name: &str) -> &str {
    match name.as_bytes() {
        [.., b'.', b'2'..=b'9'] => &name[..name.len() - 2],
        _ => name,
    }
}

fn check_place(fault: &'static Fault, at: &str) -> Result<(), BaggageError> {
    if fault.strikes_at(at) {
        return Ok(());
    }
    if DATABASE_EDGES.contains(&at) && fault.strikes_for_a_time_only(at) {
        return Err(BaggageError::PerConnection { at: at.to_owned() });
    }
    if !fault.scope.rides() {
        return Err(BaggageError::SetOnly { fault: fault.name });
    }
    Err(BaggageError::unknown_place(fault, at))
}

/// Holds a value to the alphabet that needs no encoding.
fn well_formed<'a>(value: &'a str, member: &str) -> Result<&'a str, BaggageError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_>-".contains(&byte);
    if value.is_empty() {
        Err(BaggageError::bad_syntax(
            member,
            "a fault is written `fault.NAME=PLACE`",
        ))
    } else if value.bytes().all(allowed) {
        Ok(value)
    } else {
        Err(BaggageError::bad_syntax(
            member,
            "names, places and values consist of `A-Z a-z 0-9 . : / _ > -`",
        ))
    }
}

/// Removes what RFC 9110 calls optional whitespace.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The names of all faults.
pub(crate) fn fault_names() -> impl Iterator<Item = &'static str> {
    FAULTS.iter().map(|fault| fault.name)
}

#[cfg(test)]
mod tests;
