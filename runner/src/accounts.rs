//! Where every span went. Each service counts its own in a file that outlives it, the lab counts what arrives, and here
//! the two are held against each other; what is left over is `unaccounted`, an error of ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The counts of one service, or of all.
///
/// started = ended + open at death; ended = exported + dropped + lost at death; exported = received by the lab.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ServiceSpans {
    /// Begun.
    pub started: u64,
    /// Ended.
    pub ended: u64,
    /// Begun and never ended, because the process was killed.
    pub open_at_death: u64,
    /// Acknowledged by the lab.
    pub exported: u64,
    /// Given up: the queue was full, or the lab could not be reached.
    pub dropped: u64,
    /// Ended and never sent, because the process was killed.
    pub lost_at_death: u64,
    /// Not recorded, because the sampler said so.
    pub unsampled: u64,
    /// That the lab says it got from this service.
    pub received: u64,
    /// What no other number explains.
    pub unaccounted: u64,
}

/// The whole of `summary.json`'s `spans`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpanAccounts {
    /// The sums over all services.
    #[serde(flatten)]
    pub total: ServiceSpans,
    /// Received twice.
    pub duplicates: u64,
    /// Received and refused as malformed.
    pub rejected: u64,
    /// Received and kept.
    pub stored: u64,
    /// Received and removed to make room.
    pub evicted: u64,
    /// The same for each service.
    pub by_service: BTreeMap<String, ServiceSpans>,
}

/// What a service counted itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnCounts {
    /// Begun.
    pub started: u64,
    /// Ended.
    pub ended: u64,
    /// Acknowledged.
    pub exported: u64,
    /// Given up.
    pub dropped: u64,
    /// Sent and not yet answered for.
    pub in_flight: u64,
    /// Not recorded.
    pub unsampled: u64,
    /// Whether the process was killed, so that its last words are missing.
    pub killed: bool,
}

/// What the lab counted, as `/lab/spans` says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct LabCounts {
    /// All spans of accepted requests.
    pub received: u64,
    /// Of those, seen before.
    pub duplicates: u64,
    /// Of those, malformed.
    pub rejected: u64,
    /// Of those, kept.
    pub stored: u64,
    /// Of those, removed to make room.
    pub evicted: u64,
    /// The same, by `service.name`.
    pub by_service: BTreeMap<String, LabServiceCounts>,
}

/// What the lab counted of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct LabServiceCounts {
    /// All spans of accepted requests.
    pub received: u64,
    /// Of those, malformed, which the service was told and has counted as dropped.
    pub rejected: u64,
}

/// Holds what the services say against what the lab says.
#[must_use]
pub fn reconcile(services: &BTreeMap<String, OwnCounts>, lab: &LabCounts) -> SpanAccounts {
    let mut accounts = SpanAccounts {
        duplicates: lab.duplicates,
        rejected: lab.rejected,
        stored: lab.stored,
        evicted: lab.evicted,
        ..SpanAccounts::default()
    };
    for (name, own) in services {
        let at_lab = lab.by_service.get(name).copied().unwrap_or_default();
        let spans = account(own, at_lab.received.saturating_sub(at_lab.rejected));
        accounts.total.add(&spans);
        accounts.by_service.insert(name.clone(), spans);
    }
    // Spans of a service that nobody started, and spans that the lab itself has lost sight of.
    let strangers: u64 = lab
        .by_service
        .iter()
        .filter(|(name, _)| !services.contains_key(*name))
        .map(|(_, service)| service.received)
        .sum();
    let kept = lab.duplicates + lab.rejected + lab.stored + lab.evicted;
    accounts.total.received += strangers;
    accounts.total.unaccounted += strangers + lab.received.abs_diff(kept);
    accounts
}

fn account(own: &OwnCounts, received: u64) -> ServiceSpans {
    let mut spans = ServiceSpans {
        started: own.started,
        ended: own.ended,
        exported: own.exported,
        dropped: own.dropped,
        unsampled: own.unsampled,
        received,
        ..ServiceSpans::default()
    };
    let open = own.started.saturating_sub(own.ended);
    // The lab may have taken a batch whose acknowledgement never came, because the process was killed or the answer was lost.
    spans.exported = received.clamp(own.exported, own.exported + own.in_flight);
    if own.killed {
        spans.open_at_death = open;
        spans.lost_at_death = own.ended.saturating_sub(spans.exported + own.dropped);
    } else {
        spans.dropped += own.in_flight.saturating_sub(spans.exported - own.exported);
        spans.unaccounted += open + own.ended.abs_diff(spans.exported + spans.dropped);
    }
    spans.unaccounted += spans.exported.abs_diff(received);
    spans
}

impl ServiceSpans {
    fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.ended += other.ended;
        self.open_at_death += other.open_at_death;
        self.exported += other.exported;
        self.dropped += other.dropped;
        self.lost_at_death += other.lost_at_death;
        self.unsampled += other.unsampled;
        self.received += other.received;
        self.unaccounted += other.unaccounted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(received: u64) -> LabCounts {
        LabCounts {
            received,
            stored: received,
            by_service: BTreeMap::from([(
                "orders".to_owned(),
                LabServiceCounts {
                    received,
                    rejected: 0,
                },
            )]),
            ..LabCounts::default()
        }
    }

    fn orders(own: OwnCounts) -> BTreeMap<String, OwnCounts> {
        BTreeMap::from([("orders".to_owned(), own)])
    }

    #[test]
    fn a_clean_run_leaves_nothing_over() {
        let own = OwnCounts {
            started: 10,
            ended: 10,
            exported: 8,
            dropped: 2,
            ..OwnCounts::default()
        };
        let accounts = reconcile(&orders(own), &lab(8));
        assert_eq!(accounts.total.unaccounted, 0);
        assert_eq!(accounts.total.received, 8);
    }

    #[test]
    fn a_span_that_the_lab_never_saw_is_unaccounted() {
        let own = OwnCounts {
            started: 10,
            ended: 10,
            exported: 10,
            ..OwnCounts::default()
        };
        assert_eq!(reconcile(&orders(own), &lab(9)).total.unaccounted, 1);
    }

    #[test]
    fn a_span_that_is_still_open_after_a_clean_stop_is_unaccounted() {
        let own = OwnCounts {
            started: 10,
            ended: 9,
            exported: 9,
            ..OwnCounts::default()
        };
        assert_eq!(reconcile(&orders(own), &lab(9)).total.unaccounted, 1);
    }

    #[test]
    fn a_killed_process_accounts_for_what_it_took_with_it() {
        let own = OwnCounts {
            started: 10,
            ended: 8,
            exported: 3,
            in_flight: 4,
            killed: true,
            ..OwnCounts::default()
        };
        // The batch of four had arrived, and only the acknowledgement was lost.
        let accounts = reconcile(&orders(own), &lab(7));
        assert_eq!(accounts.total.unaccounted, 0);
        assert_eq!(
            (
                accounts.total.exported,
                accounts.total.open_at_death,
                accounts.total.lost_at_death
            ),
            (7, 2, 1)
        );
    }

    #[test]
    fn spans_from_nowhere_are_unaccounted() {
        let accounts = reconcile(&BTreeMap::new(), &lab(3));
        assert_eq!(accounts.total.unaccounted, 3);
    }
}
