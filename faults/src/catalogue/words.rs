//! What an entry's fields mean, in sentences: for the terminal and for the pages of docs/faults/.

use super::{Databases, Fault, Scope, ShownBy};

impl Fault {
    /// What metrics and traces show of it and hide, a line each.
    #[must_use]
    pub fn shown_by_in_words(&self) -> [String; 2] {
        let ShownBy { metrics, traces } = self.shown_by;
        [("Metrics", metrics), ("Traces", traces)].map(|(name, witness)| {
            let verb = if witness.shows { "show" } else { "hide" };
            format!("{name} {verb} it. {}", witness.what)
        })
    }

    /// How it is switched on, on which databases, and what ends it.
    #[must_use]
    pub fn switched_on_in_words(&self) -> String {
        let scope = match self.scope {
            Scope::Request => "For single requests: a scenario picks them, or a `baggage` header does.",
            Scope::Window => {
                "For a time: a scenario sets it from `from` to `until`, and by hand `PUT /control/faults` does."
            }
            Scope::Both => {
                "For single requests, picked by a scenario or by a `baggage` header, and for a time, by hand with \
                 `PUT /control/faults`."
            }
        };
        let databases = match self.databases {
            Databases::Both => "On both databases.".to_owned(),
            Databases::Only { database, because } => format!("On {} alone: {because}", database.as_str()),
        };
        let healing = if self.lasting {
            "What it does outlasts it: only a restart of the service heals it."
        } else {
            "It ends when it is switched off."
        };
        format!("{scope} {databases} {healing}")
    }
}
