//! Harmless oddities: what looks like a fault and is none. A diagnosis that blames one of them is wrong.
//!
//! Each is real, and happens in the shop as it would in any other: more requests of an odd kind, a provider that takes its time, a
//! service that is replaced by its next version. No fault picks a request of theirs, and the truth has their role as `innocent`.

use crate::routes::{self, Route, SERVICES};

/// A harmless oddity that a scenario may declare.
#[derive(Debug)]
pub struct Distractor {
    /// In kebab case: `polling-client`.
    pub name: &'static str,
    /// One sentence: what it is.
    pub summary: &'static str,
    /// What it is taken for, and why it is none.
    pub taken_for: &'static str,
    /// What happens.
    pub kind: Kind,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Requests to that route, evenly spaced.
    Traffic {
        /// The template.
        route: &'static str,
        /// How many a second, unless the scenario says otherwise.
        rate: f64,
    },
    /// The payment provider takes so many times as long.
    SlowProvider {
        /// Unless the scenario says otherwise.
        factor: u32,
    },
    /// A service is told to go, drains, and is started again.
    Deploy,
}

/// A partner's copy of the catalogue.
pub static EXPORT: Distractor = Distractor {
    name: "export",
    summary: "A partner that copies the catalogue, a hundred products at a time.",
    taken_for: "unbounded-result: many rows and a large answer too, but all of them are asked for and returned.",
    kind: Kind::Traffic {
        route: "/api/products",
        rate: 4.0,
    },
};

/// A client that asks again and again.
pub static POLLING_CLIENT: Distractor = Distractor {
    name: "polling-client",
    summary: "An app that asks for the same account again and again, at an even pace, and always gets the same answer.",
    taken_for: "retry-storm: equal requests in a row too, but each is a trace of its own, none has failed, and they do not come faster when \
        something fails.",
    kind: Kind::Traffic {
        route: "/api/account",
        rate: 10.0,
    },
};

/// The back office's report, at its hour.
pub static NIGHTLY_JOB: Distractor = Distractor {
    name: "nightly-job",
    summary: "The back office's report, run by a timer: heavy on the processor, and meant to be.",
    taken_for: "quadratic-algorithm, blocked-runtime: long spans without children too, but they are as long as their input is, and nobody \
        else's span is longer meanwhile.",
    kind: Kind::Traffic {
        route: "/api/reports/sales",
        rate: 1.0,
    },
};

/// A payment provider that takes its time.
pub static SLOW_PROVIDER: Distractor = Distractor {
    name: "slow-provider",
    summary: "A payment provider that takes longer than usual, within what it has promised, and answers correctly.",
    taken_for: "network-latency: the same long client span to a party without spans, but no other edge is slow. lock-contention, \
        mutex-across-io: nobody waits for anybody.",
    kind: Kind::SlowProvider { factor: 3 },
};

/// A new version of a service.
pub static DEPLOY: Distractor = Distractor {
    name: "deploy",
    summary: "A service that is told to go, finishes what it has begun, and is started again in its next version.",
    taken_for: "crash: a new instance too, but no request has failed and no span is lost. hang: requests wait for a moment, once.",
    kind: Kind::Deploy,
};

/// All of them.
pub static DISTRACTORS: [&Distractor; 5] = [&EXPORT, &POLLING_CLIENT, &NIGHTLY_JOB, &SLOW_PROVIDER, &DEPLOY];

/// The distractor of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Distractor> {
    DISTRACTORS
        .iter()
        .copied()
        .find(|distractor| distractor.name == name)
}

impl Distractor {
    /// The fields of a scenario that it has beside `distractor` and `from`.
    #[must_use]
    pub fn fields(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Traffic { .. } => &["until", "rate"],
            Kind::SlowProvider { .. } => &["until", "factor"],
            Kind::Deploy => &["at"],
        }
    }

    /// Where it can be; empty where there is no choice.
    #[must_use]
    pub fn places(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Deploy => SERVICES.to_vec(),
            Kind::Traffic { .. } | Kind::SlowProvider { .. } => Vec::new(),
        }
    }
}

/// The route that a distractor's requests go to; none for a name that is no distractor's, or of one that sends none.
#[must_use]
pub fn route(name: &str) -> Option<&'static Route> {
    let Kind::Traffic { route, .. } = find(name)?.kind else {
        return None;
    };
    routes::ROUTES
        .iter()
        .find(|known| known.method == "GET" && known.template == route)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distractor_is_complete_and_is_no_journey() {
        for distractor in DISTRACTORS {
            assert!(distractor.summary.ends_with('.') && distractor.taken_for.ends_with('.'));
            assert!(routes::of_journey(distractor.name).is_none());
            let sends = matches!(distractor.kind, Kind::Traffic { .. });
            assert_eq!(route(distractor.name).is_some(), sends, "{}", distractor.name);
            assert_eq!(
                find(distractor.name).map(|found| found.name),
                Some(distractor.name)
            );
        }
    }
}
