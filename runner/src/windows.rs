//! Faults that are set for a time instead of picking requests: set where they strike when their window begins, cleared when it
//! ends, and noted, so that the truth says when that was.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use faults::catalogue::{self, CRASH};
use faults::plan::Plan;
use faults::routes::DATABASE_EDGES;
use faults::truth::{Window, WindowOutcome};
use scenarios::model::{FaultRule, Scenario};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::parts::{DatabaseChoice, Layout};
use crate::run::{Control, NotSet, has_database_port};

/// The task that keeps what is set in step with the scenario's timeline.
pub struct Windows {
    task: Option<(oneshot::Sender<()>, JoinHandle<Vec<Window>>)>,
    /// The services whose crash is over.
    restarts: mpsc::UnboundedReceiver<String>,
    told: Told,
}

/// What each part was last told to set, as it was told.
type Told = Arc<Mutex<BTreeMap<&'static str, String>>>;

impl Windows {
    /// Refuses a scenario whose faults cannot be real on this database.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with exit code 2 that names the fault and says why.
    pub fn check(scenario: &Scenario, database: &DatabaseChoice) -> Result<(), Failure> {
        let refusals = scenario
            .faults
            .iter()
            .find_map(|rule| refused(&rule.fault, &rule.at, database));
        refusals.map_or(Ok(()), Err)
    }

    /// Begins to set and clear them, as they are due from the load's start on.
    pub fn schedule(
        scenario: &Scenario,
        plan: &Plan,
        control: &Control,
        layout: &Layout,
        start: Instant,
    ) -> Self {
        let entries: Vec<Entry> = rules(scenario)
            .filter_map(|rule| Entry::of(rule, plan.duration(), layout))
            .collect();
        let (restart, restarts) = mpsc::unbounded_channel();
        let told = Told::default();
        if entries.is_empty() {
            return Self {
                task: None,
                restarts,
                told,
            };
        }
        let timeline = Timeline {
            start,
            entries,
            control: control.clone(),
            restart,
            told: told.clone(),
        };
        let (stop, stopped) = oneshot::channel();
        Self {
            task: Some((stop, tokio::spawn(timeline.follow(stopped)))),
            restarts,
            told,
        }
    }

    /// What is set in a service now, for the process that takes its place.
    pub fn set_in(&self, service: &str) -> Option<String> {
        lock(&self.told).get(service).cloned()
    }

    /// Waits for the next service that may be started again, since its crash is over; for ever when there is none.
    pub async fn restart(&mut self) -> String {
        match self.restarts.recv().await {
            Some(service) => service,
            None => std::future::pending().await,
        }
    }

    /// Clears what is still set, and tells what became of each window, and which services are still to be started again.
    pub async fn stop(mut self) -> (Vec<Window>, Vec<String>) {
        let windows = match self.task {
            // It has ended by itself when all windows are over.
            Some((stop, task)) => {
                let _ = stop.send(());
                task.await.unwrap_or_default()
            }
            None => Vec::new(),
        };
        let mut restarts = Vec::new();
        while let Ok(service) = self.restarts.try_recv() {
            restarts.push(service);
        }
        (windows, restarts)
    }
}

/// Why a fault cannot be real at that place on this database, if it cannot.
pub fn refused(fault: &str, at: &str, database: &DatabaseChoice) -> Option<Failure> {
    let on = match database {
        DatabaseChoice::Sqlite(_) => catalogue::Database::Sqlite,
        DatabaseChoice::Postgres(_) => catalogue::Database::Postgres,
    };
    if let Some(reason) = catalogue::find(fault).and_then(|fault| fault.databases.refusal(on)) {
        let failure = Failure::input(format!("{fault} cannot strike on {}: {reason}", on.as_str()));
        return Some(failure.help(match on {
            catalogue::Database::Sqlite => {
                "run it on PostgreSQL with `--database postgres://USER@HOST:PORT/NAME`"
            }
            catalogue::Database::Postgres => "run it on SQLite: leave `--database` out",
        }));
    }
    if DATABASE_EDGES.contains(&at) && !has_database_port(database) {
        let failure = Failure::input(format!(
            "{fault} cannot strike at {at}: this run's database has no port that traffic crosses"
        ));
        return Some(failure.help("run it on PostgreSQL with `--database postgres://USER@HOST:PORT/NAME`"));
    }
    None
}

/// The services that the scenario makes crash.
pub fn crashing(scenario: &Scenario) -> BTreeSet<String> {
    rules(scenario)
        .filter(|rule| rule.fault == CRASH.name)
        .map(|rule| rule.at.clone())
        .collect()
}

/// The rules that are set for a time.
pub fn rules(scenario: &Scenario) -> impl Iterator<Item = &FaultRule> {
    scenario
        .faults
        .iter()
        .filter(|rule| catalogue::is_set_for_a_time(&rule.fault, &rule.at))
}

/// One window, where it is set, and what is known of it.
struct Entry {
    rule: FaultRule,
    fault: &'static str,
    until: Duration,
    part: Part,
    state: State,
}

/// A part of the run that has a control endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: &'static str,
    address: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Ahead,
    Set(Setting),
    Cleared(Setting, Duration),
    Missed,
}

/// Between the two the part has begun to strike.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Setting {
    asked: Duration,
    set: Duration,
}

impl Setting {
    fn until(self, cleared: Duration) -> WindowOutcome {
        WindowOutcome::Applied {
            asked: self.asked,
            set: self.set,
            cleared,
        }
    }
}

impl Entry {
    fn of(rule: &FaultRule, ends: Duration, layout: &Layout) -> Option<Self> {
        Some(Self {
            fault: catalogue::find(&rule.fault)?.name,
            until: rule.until.unwrap_or(ends),
            part: part(&rule.at, layout)?,
            rule: rule.clone(),
            state: State::Ahead,
        })
    }

    fn is_due(&self, moment: Duration) -> bool {
        self.rule.from <= moment && moment < self.until
    }

    fn window(self) -> Window {
        Window {
            fault: self.fault,
            at: self.rule.at,
            from: self.rule.from,
            until: self.until,
            outcome: match self.state {
                State::Ahead => WindowOutcome::Prevented("aborted".to_owned()),
                State::Set(setting) => setting.until(setting.set),
                State::Cleared(setting, cleared) => setting.until(cleared),
                State::Missed => WindowOutcome::Missed,
            },
        }
    }
}

/// Who is asked to set a fault there: the wire for an edge, otherwise the service.
pub fn part_of(place: &str) -> &str {
    if place.contains("->") {
        return "wire";
    }
    place.split_once('.').map_or(place, |(service, _)| service)
}

fn part(place: &str, layout: &Layout) -> Option<Part> {
    let (name, address) = match part_of(place) {
        "wire" => ("wire", layout.wire_control),
        service => layout
            .services
            .get_key_value(service)
            .map(|(name, address)| (*name, *address))?,
    };
    Some(Part { name, address })
}

struct Timeline {
    /// Of the load.
    start: Instant,
    entries: Vec<Entry>,
    control: Control,
    restart: mpsc::UnboundedSender<String>,
    told: Told,
}

fn lock(told: &Told) -> MutexGuard<'_, BTreeMap<&'static str, String>> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Timeline {
    async fn follow(mut self, mut stopped: oneshot::Receiver<()>) -> Vec<Window> {
        for moment in moments(&self.entries) {
            tokio::select! {
                () = sleep_until(self.start + moment) => self.bring_to(Some(moment)).await,
                _ = &mut stopped => break,
            }
        }
        self.bring_to(None).await;
        self.entries.into_iter().map(Entry::window).collect()
    }

    /// Sets what strikes from this moment on, and clears everything else; no moment is the end.
    async fn bring_to(&mut self, moment: Option<Duration>) {
        let is_due = |entry: &Entry| moment.is_some_and(|moment| entry.is_due(moment));
        let changes = |entry: &Entry| match entry.state {
            State::Ahead => is_due(entry),
            State::Set(_) => !is_due(entry),
            State::Cleared(..) | State::Missed => false,
        };
        let parts: BTreeSet<Part> = self
            .entries
            .iter()
            .filter(|entry| changes(entry))
            .map(|entry| entry.part)
            .collect();
        for part in parts {
            let set = self
                .entries
                .iter()
                .filter(|entry| entry.part == part && is_due(entry));
            let asked = self.start.elapsed();
            let body = body(set).to_string();
            let answer = self
                .control
                .set_faults(part.name, part.address, body.clone())
                .await;
            // What it refuses, another process in its place would refuse as well.
            if !matches!(answer, Err(NotSet::Refused(_))) {
                lock(&self.told).insert(part.name, body);
            }
            let now = Setting {
                asked,
                set: self.start.elapsed(),
            };
            let crash_over = self.entries.iter().any(|entry| {
                entry.part == part
                    && entry.fault == CRASH.name
                    && matches!(entry.state, State::Set(_))
                    && !is_due(entry)
            });
            if crash_over {
                // Whoever crashed is not there to be asked; the new process begins with what else is set.
                let _ = self.restart.send(part.name.to_owned());
                self.settle(part, moment, now, true);
                continue;
            }
            let is_crash = self
                .entries
                .iter()
                .any(|entry| entry.part == part && entry.fault == CRASH.name && is_due(entry));
            let is_done = match answer {
                Ok(()) => true,
                // A request came before it could answer, and it has crashed.
                Err(NotSet::Silent(_)) if is_crash => true,
                Err(not_set) => {
                    eprintln!("warning: {}", Failure::from(not_set).message);
                    false
                }
            };
            self.settle(part, moment, now, is_done);
        }
    }

    /// Notes what has changed at a part.
    fn settle(&mut self, part: Part, moment: Option<Duration>, now: Setting, is_done: bool) {
        for entry in self.entries.iter_mut().filter(|entry| entry.part == part) {
            let due = moment.is_some_and(|moment| entry.is_due(moment));
            entry.state = match (entry.state, due) {
                (State::Ahead, true) if is_done => State::Set(now),
                (State::Ahead, true) => State::Missed,
                (State::Set(set), false) => State::Cleared(set, now.set),
                (state, _) => state,
            };
        }
    }
}

/// When something changes, in order.
fn moments(entries: &[Entry]) -> Vec<Duration> {
    let mut moments: Vec<Duration> = entries
        .iter()
        .flat_map(|entry| [entry.rule.from, entry.until])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// As a control endpoint takes it.
fn body<'a>(set: impl Iterator<Item = &'a Entry>) -> Value {
    let faults: Vec<Value> = set
        .map(|entry| json!({ "fault": entry.rule.fault, "at": entry.rule.at, "parameters": entry.rule.parameters }))
        .collect();
    json!({ "faults": faults })
}
