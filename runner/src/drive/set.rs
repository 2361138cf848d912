//! What is set for a time: asked of the parts themselves, since others may set something there, and a part that has crashed begins
//! with nothing set. What was set when is remembered.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;
use faults::catalogue::CRASH;
use faults::control;
use faults::truth::Applied;
use futures_util::future::join_all;
use serde::Serialize;

use super::{Refusal, now_ms};
use crate::Failure;
use crate::parts::Layout;
use crate::run::{Control, NotSet};
use crate::windows::part_of;

/// How long an answer about the parts counts as new.
const FRESH: Duration = Duration::from_millis(500);
/// How many stretches are remembered.
const MOST_STRETCHES: usize = 500;

/// The faults that are set in the parts of a shop.
pub struct SetFaults {
    control: Control,
    parts: BTreeMap<&'static str, SocketAddr>,
    known: tokio::sync::Mutex<Known>,
    struck: Mutex<BTreeMap<(&'static str, String), u64>>,
}

#[derive(Default)]
struct Known {
    stretches: VecDeque<Stretch>,
    looked: Option<Instant>,
}

/// How long a fault was set somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Which, where and how.
    #[serde(flatten)]
    pub fault: ActiveFault,
    /// Since when, in milliseconds since 1970.
    pub from_unix_ms: u64,
    /// Until when; none while it is set.
    pub until_unix_ms: Option<u64>,
}

impl SetFaults {
    pub fn new(layout: &Layout, control: Control) -> Self {
        let mut parts = layout.services.clone();
        parts.insert("wire", layout.wire_control);
        Self {
            control,
            parts,
            known: tokio::sync::Mutex::default(),
            struck: Mutex::default(),
        }
    }

    /// What was and is set, the oldest first.
    pub async fn stretches(&self) -> Vec<Stretch> {
        let mut known = self.known.lock().await;
        if known.looked.is_none_or(|at| at.elapsed() > FRESH) {
            let answers = self.parts.iter().map(async |(part, address)| {
                let told = self.told(part, *address).await;
                (*part, told)
            });
            for (part, told) in join_all(answers).await {
                // Who does not answer in time is busy; who is not there has nothing set.
                if let Some(told) = told {
                    known.settle(part, told);
                }
            }
            known.looked = Some(Instant::now());
        }
        known.stretches.iter().cloned().collect()
    }

    /// Sets one more, or one that is set with other parameters.
    pub async fn set(&self, fault: ActiveFault) -> Result<(), Refusal> {
        let part = part_of(&fault.at).to_owned();
        let key = (fault.fault, fault.at.clone());
        let is_other = |it: &ActiveFault| it.fault != key.0 || it.at != key.1;
        self.change(&part, |set| {
            set.retain(is_other);
            set.push(fault);
        })
        .await?;
        self.struck().remove(&key);
        Ok(())
    }

    /// Clears those of that name at that place; any name, any place when there is none.
    pub async fn clear(&self, name: Option<&str>, at: Option<&str>) -> Result<(), Refusal> {
        let is_meant =
            |it: &ActiveFault| name.is_none_or(|name| it.fault == name) && at.is_none_or(|at| it.at == at);
        let mut refusals = Vec::new();
        for part in self
            .parts
            .keys()
            .filter(|part| at.is_none_or(|at| part_of(at) == **part))
        {
            let cleared = self.change(part, |set| set.retain(|it| !is_meant(it))).await;
            refusals.extend(cleared.err());
        }
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(refusals.join("; "))
        }
    }

    /// Counts what has struck.
    pub fn heard(&self, applied: &[Applied]) {
        let mut struck = self.struck();
        for it in applied {
            *struck.entry((it.fault, it.at.clone())).or_default() += 1;
        }
    }

    /// How often a fault has struck at its place since it was last set there.
    pub fn times(&self, fault: &ActiveFault) -> u64 {
        let key = (fault.fault, fault.at.clone());
        self.struck().get(&key).copied().unwrap_or(0)
    }

    fn struck(&self) -> std::sync::MutexGuard<'_, BTreeMap<(&'static str, String), u64>> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is set at one part, one change at a time.
    async fn change(&self, part: &str, change: impl FnOnce(&mut Vec<ActiveFault>)) -> Result<(), Refusal> {
        let Some((&part, &address)) = self.parts.get_key_value(part) else {
            return Err(format!(
                "nothing can be set at `{part}`, which is no part of the shop"
            ));
        };
        let mut known = self.known.lock().await;
        let before = self.told(part, address).await.unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        if after != before {
            let body = control::tell(&after);
            let set = self.control.set_faults(part, address, body).await;
            let crashes = after.iter().any(|active| active.fault == CRASH.name);
            match set {
                // A request came before it could answer, and it has crashed.
                Err(NotSet::Silent(_)) if crashes => {}
                set => set.map_err(|not_set| Failure::from(not_set).message)?,
            }
        }
        known.settle(part, after);
        Ok(())
    }

    /// What is set at a part now; none when it does not answer in time.
    async fn told(&self, part: &str, address: SocketAddr) -> Option<Vec<ActiveFault>> {
        match self.control.faults(address).await {
            Ok(body) => control::read(body.as_bytes(), part, |fault| fault.window_place_names()).ok(),
            Err(error) if error.is_timeout() => None,
            Err(_) => Some(Vec::new()),
        }
    }
}

impl Known {
    /// Takes note of what is set at a part now.
    fn settle(&mut self, part: &str, mut now: Vec<ActiveFault>) {
        let moment = now_ms();
        let open = self.stretches.iter_mut().filter(|it| it.until_unix_ms.is_none());
        for stretch in open.filter(|it| part_of(&it.fault.at) == part) {
            match now.iter().position(|it| *it == stretch.fault) {
                Some(at) => drop(now.swap_remove(at)),
                None => stretch.until_unix_ms = Some(moment),
            }
        }
        self.stretches.extend(now.into_iter().map(|fault| Stretch {
            fault,
            from_unix_ms: moment,
            until_unix_ms: None,
        }));
        while self.stretches.len() > MOST_STRETCHES {
            self.stretches.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, at: &str, delay: &str) -> ActiveFault {
        let parameters = [("delay".to_owned(), delay.to_owned())];
        let parameters = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        ActiveFault::for_a_time(name, at, parameters).expect("there is one")
    }

    #[test]
    fn a_stretch_lasts_as_long_as_the_fault_is_set_as_it_was() {
        let mut known = Known::default();
        let slow = fault("network-latency", "gateway->catalog", "5ms");
        known.settle("wire", vec![slow.clone()]);
        known.settle("wire", vec![slow.clone()]);
        known.settle("catalog", Vec::new());
        assert_eq!(known.stretches.len(), 1);
        assert_eq!(known.stretches[0].until_unix_ms, None);
        let slower = fault("network-latency", "gateway->catalog", "9ms");
        known.settle(
            "wire",
            vec![slower.clone(), fault("network-latency", "gateway->orders", "")],
        );
        let ends: Vec<bool> = known
            .stretches
            .iter()
            .map(|it| it.until_unix_ms.is_some())
            .collect();
        assert_eq!(ends, [true, false, false]);
        known.settle("wire", Vec::new());
        assert!(
            known
                .stretches
                .iter()
                .all(|it| it.until_unix_ms >= Some(it.from_unix_ms))
        );
    }
}
