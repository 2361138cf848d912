//! The words that a scenario may use. The format does not know the shop's faults and journeys; whoever reads a scenario
//! brings them, so that adding a fault never touches this crate.

/// The known journeys, services, faults, places and parameters.
pub trait Vocabulary {
    /// The journeys that can be played.
    fn journeys(&self) -> Vec<&'static str>;

    /// The services whose spans an expectation can count.
    fn services(&self) -> Vec<&'static str>;

    /// The faults.
    fn faults(&self) -> Vec<&'static str>;

    /// Where that fault can strike; empty when there is no such fault.
    fn places(&self, fault: &str) -> Vec<&'static str>;

    /// The parameters of that fault; empty when it has none or does not exist.
    fn parameters(&self, fault: &str) -> Vec<&'static str>;

    /// What that parameter is and how it is written, one line for an editor.
    fn parameter_summary(&self, fault: &str, parameter: &str) -> String;

    /// Whether the value is one that the parameter can have.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    fn check_parameter(&self, fault: &str, parameter: &str, value: &str) -> Result<(), BadValue>;

    /// Whether requests of that journey can reach that place, or visit the service that it is.
    fn reaches(&self, journey: &str, place: &str) -> bool;

    /// Whether that fault at that place is set for a time and strikes whatever is there (a whole service, a database's port),
    /// so that it cannot be chosen by share, journey or user.
    fn strikes_for_a_time(&self, fault: &str, place: &str) -> bool;

    /// Why a request that one fault strikes at its place cannot be struck by the other at its own; none when it can.
    fn obstacle(&self, one: (&str, &str), other: (&str, &str)) -> Option<String>;

    /// The distractors.
    fn distractors(&self) -> Vec<&'static str>;

    /// What that distractor may say; none when there is no such one.
    fn distractor(&self, name: &str) -> Option<DistractorWords>;
}

/// What a distractor may say.
#[derive(Debug, Clone, PartialEq)]
pub struct DistractorWords {
    /// The fields that it has beside `distractor` and `from`.
    pub fields: &'static [&'static str],
    /// Where it can be; empty where there is no choice.
    pub places: Vec<&'static str>,
    /// For one that is requests: how many a second when nothing is said.
    pub rate: Option<f64>,
    /// For one that makes the payment provider slow: how many times, when nothing is said.
    pub factor: Option<u32>,
}

/// Why a parameter cannot have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: String,
}
