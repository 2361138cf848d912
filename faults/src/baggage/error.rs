//! Why fault baggage is refused. Every message is one line and says what would have been right.

use scenarios::words;

use crate::catalogue::Fault;

/// Why fault baggage is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaggageError {
    /// All lines joined are over [`super::MAX_BYTES`].
    #[error("the baggage header is larger than 8 KiB")]
    TooLarge,
    /// No fault has that name.
    #[error("unknown fault `{name}`: {}", did_you_mean(*nearest, super::fault_names()))]
    UnknownFault {
        /// As written, shortened if it is long.
        name: String,
        /// The fault that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The fault cannot strike there.
    #[error("{fault} cannot strike at `{place}`: {}", did_you_mean(*nearest, known.iter().copied()))]
    UnknownPlace {
        /// The fault.
        fault: &'static str,
        /// As written, shortened if it is long.
        place: String,
        /// The place that was probably meant.
        nearest: Option<&'static str>,
        /// Every place there is.
        known: Vec<&'static str>,
    },
    /// The place is a database's port, where the wire sees connections and not requests.
    #[error(
        "`{at}` is a database connection: a fault there strikes connections, and no single request can pick it"
    )]
    PerConnection {
        /// The edge.
        at: String,
    },
    /// The fault is never of one request.
    #[error(
        "{fault} cannot ride with a request: it is set for a time, with `PUT /control/faults` or by a scenario"
    )]
    SetOnly {
        /// The fault.
        fault: &'static str,
    },
    /// The fault is always of one request.
    #[error("{fault} cannot be set for a time: it rides with a request, as `baggage: fault.{fault}=PLACE`")]
    RidesOnly {
        /// The fault.
        fault: &'static str,
    },
    /// The fault has no such parameter.
    #[error("{fault} has no parameter `{name}`: {}", did_you_mean(*nearest, known.iter().copied()))]
    UnknownParameter {
        /// The fault.
        fault: &'static str,
        /// As written, shortened if it is long.
        name: String,
        /// The parameter that was probably meant.
        nearest: Option<&'static str>,
        /// Every parameter there is.
        known: Vec<&'static str>,
    },
    /// The parameter cannot have that value.
    #[error("{fault}: {name} cannot be `{value}`: {help}")]
    BadValue {
        /// The fault.
        fault: &'static str,
        /// The parameter.
        name: &'static str,
        /// As written, shortened if it is long.
        value: String,
        /// What it can be.
        help: String,
    },
    /// The same fault at the same place, twice in one request.
    #[error("{fault} at `{at}` is given twice")]
    Twice {
        /// The fault.
        fault: &'static str,
        /// The place.
        at: String,
    },
    /// Two faults that cannot strike the same request.
    #[error("{one} and {other} at `{at}` cannot strike the same request: {because}; leave one out")]
    Clash {
        /// The one that is there.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Where the other is to strike.
        at: String,
        /// Why not.
        because: String,
    },
    /// It cannot be read.
    #[error("`{member}` cannot be read: {expected}")]
    BadSyntax {
        /// As written, shortened if it is long.
        member: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl BaggageError {
    pub(super) fn unknown_fault(name: &str) -> Self {
        Self::UnknownFault {
            name: shortened(name),
            nearest: words::nearest(name, super::fault_names()),
        }
    }

    pub(super) fn unknown_place(fault: &'static Fault, place: &str) -> Self {
        Self::unknown_place_of(fault.name, place, fault.place_names())
    }

    pub(super) fn unknown_place_of(fault: &'static str, place: &str, known: Vec<&'static str>) -> Self {
        Self::UnknownPlace {
            fault,
            place: shortened(place),
            nearest: words::nearest(place, known.iter().copied()),
            known,
        }
    }

    pub(super) fn unknown_parameter(fault: &'static Fault, name: &str) -> Self {
        let known: Vec<_> = fault.parameters.iter().map(|parameter| parameter.name).collect();
        Self::UnknownParameter {
            fault: fault.name,
            name: shortened(name),
            nearest: words::nearest(name, known.iter().copied()),
            known,
        }
    }

    pub(super) fn bad_syntax(member: &str, expected: &'static str) -> Self {
        Self::BadSyntax {
            member: shortened(member),
            expected,
        }
    }
}

fn did_you_mean(nearest: Option<&str>, known: impl Iterator<Item = &'static str>) -> String {
    let mut known = known.peekable();
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.peek().is_none() => "it has none".to_owned(),
        None => format!("known are {}", words::list(known)),
    }
}

/// What a stranger wrote is quoted in an answer and in logs: short, and without control characters.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(60)
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
