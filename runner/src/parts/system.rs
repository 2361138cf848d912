//! All parts of a run as one: started together, watched together, stopped in order.

use std::path::Path;
use std::time::Duration;

use futures_util::future::{join_all, select_all};

use super::layout::{Common, SERVICES};
use super::{Death, Layout, Part, Ports};
use crate::Failure;

/// How long all parts together may take to be ready. Loading the data is the longest of it.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long a part may take to drain and flush; the lab alone gives a backend that does not answer five seconds.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// The order in which parts are stopped: callers before those they call.
const STOP_ORDER: [&str; 7] = [
    "gateway",
    "fulfilment",
    "orders",
    "catalog",
    "users",
    "payments",
    "wire",
];

/// How a system is started.
#[derive(Debug)]
pub struct SystemOptions<'a> {
    /// Which ports.
    pub ports: Ports,
    /// What all parts are told.
    pub common: Common<'a>,
    /// The binary that is every part.
    pub binary: &'a Path,
}

/// The running parts.
#[derive(Debug)]
pub struct System {
    /// Where everything listens; its recipes have been used up.
    pub layout: Layout,
    parts: Vec<Part>,
}

impl System {
    /// Starts every part, without waiting for any.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when a port is in use or a process cannot be started.
    pub fn start(options: &SystemOptions<'_>) -> Result<Self, Failure> {
        let mut layout = Layout::new(options.ports, &options.common)?;
        let recipes = std::mem::take(&mut layout.recipes);
        let parts = recipes
            .into_iter()
            .map(|recipe| Part::start(options.binary, recipe))
            .collect::<Result<_, _>>()?;
        Ok(Self { layout, parts })
    }

    /// Waits until every part is ready.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when one dies first, or when it takes too long.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let names: Vec<&str> = self.parts.iter().map(Part::name).collect();
        let all = futures_util::future::try_join_all(self.parts.iter_mut().map(Part::ready));
        match tokio::time::timeout(READY_WITHIN, all).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(death)) => Err(death.into()),
            Err(_) => Err(Failure::run(format!(
                "not all of {} were ready within {} s",
                names.join(", "),
                READY_WITHIN.as_secs()
            ))
            .help("the run folder's log.txt says what they were doing")),
        }
    }

    /// Waits for the first part that dies; used beside whatever should not be interrupted by one.
    pub async fn death(&mut self) -> Death {
        let waits = self.parts.iter_mut().map(|part| Box::pin(part.died()));
        select_all(waits).await.0
    }

    /// The parts' names and process numbers.
    #[must_use]
    pub fn processes(&self) -> Vec<(&'static str, u32)> {
        self.parts
            .iter()
            .filter_map(|part| Some((part.name(), part.process_id()?)))
            .collect()
    }

    /// Stops everything but the lab: callers before callees, each drained and flushed before the next is asked, since a
    /// service that is still answering must still reach those it calls.
    ///
    /// Gives the names of those that had to be killed.
    pub async fn stop_shop(&mut self) -> Vec<&'static str> {
        let mut killed = Vec::new();
        for name in STOP_ORDER {
            if let Some(part) = self.parts.iter_mut().find(|part| part.name() == name) {
                killed.extend(stop(part).await);
            }
        }
        self.parts.retain(|part| part.name() == "lab");
        killed
    }

    /// Stops what is left.
    pub async fn stop_rest(&mut self) -> Vec<&'static str> {
        let killed = join_all(self.parts.iter_mut().map(stop))
            .await
            .into_iter()
            .flatten()
            .collect();
        self.parts.clear();
        killed
    }

    /// The instrumented services, whose spans are to be accounted for.
    #[must_use]
    pub fn instrumented() -> &'static [&'static str] {
        &SERVICES
    }
}

async fn stop(part: &mut Part) -> Option<&'static str> {
    part.terminate();
    if tokio::time::timeout(STOP_WITHIN, part.died()).await.is_ok() {
        return None;
    }
    part.kill().await;
    Some(part.name())
}
