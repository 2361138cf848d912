//! All parts of a run as one: started together, watched together, stopped in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, select_all, try_join_all};

use super::layout::{Common, SERVICES};
use super::process::Recipe;
use super::{Death, Layout, Part, Ports, TurningAway};
use crate::Failure;

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
    /// The services that may crash, or be replaced, and are to be started again.
    pub restartable: &'a BTreeSet<String>,
    /// How long all parts together may take to be ready. Loading the data is the longest of it.
    pub ready_within: Duration,
}

/// The running parts.
#[derive(Debug)]
pub struct System {
    /// Where everything listens; its recipes have been used up.
    pub layout: Layout,
    parts: Vec<Part>,
    /// What it takes to start a service again; its sockets stay open meanwhile.
    restartable: BTreeMap<&'static str, Recipe>,
    /// Those that have crashed and are to be started again.
    down: BTreeMap<&'static str, TurningAway>,
    binary: PathBuf,
    ready_within: Duration,
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
            .iter()
            .map(|recipe| Part::start(options.binary, recipe, None))
            .collect::<Result<_, _>>()?;
        // The sockets of all others are closed with their recipes: what a dead part leaves must not seem to listen.
        let restartable = recipes
            .into_iter()
            .filter(|recipe| options.restartable.contains(recipe.name))
            .map(|mut recipe| {
                // Who comes again finds the orders that were made before.
                recipe.arguments.push("--keep-data".to_owned());
                (recipe.name, recipe)
            })
            .collect();
        Ok(Self {
            layout,
            parts,
            restartable,
            down: BTreeMap::new(),
            binary: options.binary.to_owned(),
            ready_within: options.ready_within,
        })
    }

    /// A part has died: if it is one that may, from now on whoever connects to it is turned away, until it is started again. False when it
    /// is none of those.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when its socket cannot be used.
    pub fn crashed(&mut self, name: &'static str) -> Result<bool, Failure> {
        let Some(recipe) = self.restartable.get(name) else {
            return Ok(false);
        };
        let Some(socket) = recipe.sockets.first() else {
            return Ok(false);
        };
        self.down.insert(name, socket.turn_away()?);
        self.parts.retain(|part| part.name() != name);
        Ok(true)
    }

    /// Starts a part again that has crashed, with these faults set in it, and waits until it is ready; does nothing when it has not.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it cannot be started, or dies again before it is ready.
    pub async fn restart(&mut self, name: &str, set: Option<String>) -> Result<(), Failure> {
        let Some((_, turning_away)) = self.down.remove_entry(name) else {
            return Ok(());
        };
        let Some(recipe) = self.restartable.get(name) else {
            return Ok(());
        };
        drop(turning_away);
        let part = Part::start(&self.binary, recipe, set)?;
        self.until_ready(part).await
    }

    /// Replaces a part as a deploy does: it is told to go, drains and flushes, and is started again with the socket that it had, in
    /// whose queue whoever comes meanwhile waits. What was set in it is set in the next one.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it does not end well, cannot be started, or dies before it is ready.
    pub async fn replace(&mut self, name: &str, set: Option<String>) -> Result<(), Failure> {
        let place = self.parts.iter().position(|part| part.name() == name);
        let (Some(place), Some(recipe)) = (place, self.restartable.get(name)) else {
            // It has crashed, and comes again by itself.
            return Ok(());
        };
        let mut part = self.parts.swap_remove(place);
        if let Stopped::Killed(name) = stop(&mut part).await {
            return Err(Failure::run(format!(
                "{name} did not end when it was to be replaced"
            )));
        }
        let part = Part::start(&self.binary, recipe, set)?;
        self.until_ready(part).await
    }

    async fn until_ready(&mut self, mut part: Part) -> Result<(), Failure> {
        let ready = tokio::time::timeout(self.ready_within, part.ready()).await;
        let name = part.name();
        self.parts.push(part);
        match ready {
            Ok(Ok(())) => Ok(()),
            Ok(Err(death)) => Err(death.into()),
            Err(_) => Err(Failure::run(format!("{name} did not come up again in time"))),
        }
    }

    /// Waits until every part is ready.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when one dies first, or when it takes too long.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let waiting: Mutex<BTreeSet<&'static str>> =
            self.parts.iter().map(Part::name).collect::<BTreeSet<_>>().into();
        let waiting_for = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = self.parts.iter_mut().map(async |part| {
            part.ready().await?;
            waiting_for().remove(part.name());
            Ok::<(), Death>(())
        });
        match tokio::time::timeout(self.ready_within, try_join_all(ready)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(death)) => Err(death.into()),
            Err(_) => {
                let names: Vec<&str> = waiting_for().iter().copied().collect();
                let were = if names.len() == 1 { "was" } else { "were" };
                Err(Failure::run(format!(
                    "{} {were} not ready within {}",
                    names.join(", "),
                    humantime::format_duration(self.ready_within)
                ))
                .help("log.txt in the run's folder says what was being done; `--ready-within DURATION` allows more time"))
            }
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
            if let Some(part) = self.parts.iter_mut().find(|part| part.name() == name)
                && let Stopped::Killed(name) = stop(part).await
            {
                killed.push(name);
            }
        }
        self.parts.retain(|part| part.name() == "lab");
        killed
    }

    /// Stops what is left.
    ///
    /// Gives the names of those that had to be killed, and why one did not end well, if it said so: the lab, when what it holds
    /// cannot all be written down.
    pub async fn stop_rest(&mut self) -> (Vec<&'static str>, Option<Failure>) {
        let (mut killed, mut failure) = (Vec::new(), None);
        for stopped in join_all(self.parts.iter_mut().map(stop)).await {
            match stopped {
                Stopped::Ended(death) => failure = failure.or(death.last_words()),
                Stopped::Killed(name) => killed.push(name),
            }
        }
        self.parts.clear();
        (killed, failure)
    }

    /// The instrumented services, whose spans are to be accounted for.
    #[must_use]
    pub fn instrumented() -> &'static [&'static str] {
        &SERVICES
    }
}

/// How a part came to its end.
enum Stopped {
    /// By itself, once asked.
    Ended(Death),
    /// It did not hear, or did not come to an end.
    Killed(&'static str),
}

async fn stop(part: &mut Part) -> Stopped {
    part.terminate();
    if let Ok(death) = tokio::time::timeout(STOP_WITHIN, part.died()).await {
        return Stopped::Ended(death);
    }
    part.kill().await;
    Stopped::Killed(part.name())
}
