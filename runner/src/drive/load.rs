//! The load that is sent: one scenario's, round after round, each with arguments and trace ids of its own, until it is stopped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use faults::baggage::ActiveFault;
use faults::catalogue;
use faults::plan::Plan;
use loadgen::{ExporterOptions, LoadPlan, Options, Progress, Snapshot, Stop, Target};
use scenarios::model::{FaultRule, Scenario};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::set::SetFaults;
use super::{Refusal, milliseconds, now_ms};
use crate::windows::rules;

/// For how long it is remembered when the load's own faults could strike.
const REMEMBERED_MS: u64 = 3_600_000;

/// The load, if one is sent.
#[derive(Default)]
pub struct Load {
    /// Held while one is started or stopped.
    turn: tokio::sync::Mutex<()>,
    running: Mutex<Option<Arc<Running>>>,
    /// When the faults of loads that have ended could strike.
    past: Mutex<Vec<Strikes>>,
    /// How many rounds there have been, of all loads. Each has a number of its own, from which arguments and trace ids follow: two that had
    /// the same would send the same orders again, and their spans would be in the same traces.
    rounds: Arc<AtomicU64>,
}

/// A load that is sent.
pub struct Running {
    /// What is played, on the shop's own data.
    pub scenario: Scenario,
    /// How long a round is.
    pub round: Duration,
    /// Since when, in milliseconds since 1970.
    pub since_unix_ms: u64,
    stop: Stop,
    /// How the round goes.
    progress: Mutex<Progress>,
    /// When the latest rounds began, in milliseconds since 1970.
    rounds: Mutex<VecDeque<u64>>,
    begun: AtomicU64,
    /// In the rounds that are over.
    sent: AtomicU64,
    failed: AtomicU64,
    trouble: Mutex<Option<String>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// When a fault of a load could pick requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strikes {
    pub fault: String,
    pub at: String,
    /// The share of the requests that it picks.
    pub share: f64,
    pub from_unix_ms: u64,
    pub until_unix_ms: u64,
}

impl Load {
    /// Plays a scenario from now on, in place of what was played before.
    pub async fn start(
        &self,
        scenario: Scenario,
        (gateway, exporter): (Target, ExporterOptions),
        faults: Arc<SetFaults>,
    ) -> Result<(), Refusal> {
        let _turn = self.turn.lock().await;
        let plan = Plan::new(&scenario, 0).map_err(|error| error.to_string())?;
        LoadPlan::of(&scenario, &plan).map_err(|error| error.to_string())?;
        self.end().await;
        let running = Arc::new(Running {
            round: plan.duration(),
            since_unix_ms: now_ms(),
            stop: Stop::new(),
            progress: Mutex::new(Progress::new()),
            rounds: Mutex::default(),
            begun: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            trouble: Mutex::default(),
            thread: Mutex::default(),
            scenario,
        });
        let (begin, begun) = mpsc::unbounded_channel();
        tokio::spawn(follow(Arc::clone(&running), faults, begun));
        let (own, rounds) = (Arc::clone(&running), Arc::clone(&self.rounds));
        let thread = std::thread::Builder::new()
            .name("load".into())
            .spawn(move || own.play(&gateway, &exporter, &rounds, &begin));
        // Until here the one before is told of, so that nobody reads in between that no load is sent.
        match thread {
            Ok(thread) => {
                *lock(&running.thread) = Some(thread);
                self.put(Some(running));
                Ok(())
            }
            Err(error) => {
                self.put(None);
                Err(format!("cannot start the load generator: {error}"))
            }
        }
    }

    /// Ends what is played, and waits until it has ended.
    pub async fn stop(&self) {
        let _turn = self.turn.lock().await;
        self.end().await;
        self.put(None);
    }

    /// Another takes the place of what is played, which has ended.
    fn put(&self, next: Option<Arc<Running>>) {
        let mut past = lock(&self.past);
        let before = std::mem::replace(&mut *lock(&self.running), next);
        past.extend(before.into_iter().flat_map(|it| it.strikes()));
    }

    async fn end(&self) {
        let Some(running) = self.running() else { return };
        running.stop.stop();
        let thread = lock(&running.thread).take();
        if let Some(thread) = thread {
            // Ends within its grace; what became of it interests nobody any more.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    pub fn running(&self) -> Option<Arc<Running>> {
        lock(&self.running).clone()
    }

    /// When faults of loads could strike, as far as that is remembered.
    pub fn strikes(&self) -> Vec<Strikes> {
        let oldest = now_ms().saturating_sub(REMEMBERED_MS);
        let mut past = lock(&self.past);
        past.retain(|it| it.until_unix_ms >= oldest);
        let now = self.running().map(|running| running.strikes());
        past.iter().cloned().chain(now.into_iter().flatten()).collect()
    }
}

impl Running {
    /// How the round goes.
    pub fn snapshot(&self) -> Snapshot {
        lock(&self.progress).snapshot()
    }

    /// How many requests were sent, and how many of them failed.
    pub fn counts(&self) -> (u64, u64) {
        let now = lock(&self.progress).snapshot();
        let (sent, failed) = (
            self.sent.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        );
        (sent + now.started, failed + now.failed)
    }

    /// The number of the round, from 1.
    pub fn number(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Why it ended by itself.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    fn play(
        &self,
        gateway: &Target,
        exporter: &ExporterOptions,
        rounds: &AtomicU64,
        begin: &mpsc::UnboundedSender<Instant>,
    ) {
        let options = Options {
            exporter: Some(exporter.clone()),
            ..Options::default()
        };
        loop {
            let round = rounds.fetch_add(1, Ordering::Relaxed);
            let planned = Plan::round(&self.scenario, round, round).map_err(|error| error.to_string());
            let load = planned
                .and_then(|plan| LoadPlan::of(&self.scenario, &plan).map_err(|error| error.to_string()));
            let progress = Progress::new();
            *lock(&self.progress) = progress.clone();
            let sent = load.and_then(|load| {
                self.begin(begin);
                loadgen::run(load, gateway, options.clone(), (), &self.stop, &progress)
                    .map_err(|error| error.to_string())
            });
            match sent {
                Ok(_) if self.stop.is_set() => return,
                Ok((outcome, ())) => {
                    let mut now = lock(&self.progress);
                    self.sent.fetch_add(outcome.started, Ordering::Relaxed);
                    self.failed.fetch_add(outcome.failed, Ordering::Relaxed);
                    *now = Progress::new();
                }
                Err(error) => {
                    *lock(&self.trouble) = Some(error);
                    return;
                }
            }
        }
    }

    fn begin(&self, begin: &mpsc::UnboundedSender<Instant>) {
        let mut rounds = lock(&self.rounds);
        let now = now_ms();
        rounds.push_back(now);
        while rounds.front().is_some_and(|at| at + REMEMBERED_MS < now) {
            rounds.pop_front();
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        // Whoever follows goes when the load has ended.
        let _ = begin.send(Instant::now());
    }

    /// When its faults could pick requests, and can in the round that goes on.
    fn strikes(&self) -> Vec<Strikes> {
        let now = now_ms();
        let over = self.stop.is_set();
        let picking = |rule: &&FaultRule| !catalogue::is_set_for_a_time(&rule.fault, &rule.at);
        let rounds = lock(&self.rounds);
        let each = rounds.iter().flat_map(|begun| {
            self.scenario
                .faults
                .iter()
                .filter(picking)
                .map(move |rule| Strikes {
                    fault: rule.fault.clone(),
                    at: rule.at.clone(),
                    share: rule.share,
                    from_unix_ms: begun + milliseconds(rule.from),
                    until_unix_ms: begun + milliseconds(rule.until.unwrap_or(self.round)),
                })
        });
        each.filter(|it| it.from_unix_ms <= now)
            .map(|it| Strikes {
                until_unix_ms: if over {
                    it.until_unix_ms.min(now)
                } else {
                    it.until_unix_ms
                },
                ..it
            })
            .collect()
    }
}

/// Sets and clears what the scenario sets for a time, round after round, until the load has ended.
async fn follow(running: Arc<Running>, faults: Arc<SetFaults>, mut begun: mpsc::UnboundedReceiver<Instant>) {
    let rules: Vec<&FaultRule> = rules(&running.scenario).collect();
    let mut next = begun.recv().await;
    while let Some(start) = next {
        next = None;
        let mut goes_on = true;
        for (moment, rule, sets) in moments(&rules, running.round) {
            if goes_on && next.is_none() {
                tokio::select! {
                    () = sleep_until(start + moment) => {}
                    begun = begun.recv() => {
                        goes_on = begun.is_some();
                        next = begun;
                    }
                }
            }
            // What is set must be cleared, also when the load has ended; nothing more is set then.
            if (goes_on || !sets)
                && let Err(refusal) = bring(&faults, rule, sets).await
            {
                eprintln!("warning: {refusal}");
            }
        }
        if next.is_none() && goes_on {
            next = begun.recv().await;
        }
    }
}

async fn bring(faults: &SetFaults, rule: &FaultRule, sets: bool) -> Result<(), Refusal> {
    if !sets {
        return faults.clear(Some(&rule.fault), Some(&rule.at)).await;
    }
    let fault = ActiveFault::for_a_time(&rule.fault, &rule.at, rule.parameters.clone());
    faults.set(fault.map_err(|error| error.to_string())?).await
}

/// When something is set or cleared, in order.
fn moments<'a>(rules: &[&'a FaultRule], round: Duration) -> Vec<(Duration, &'a FaultRule, bool)> {
    let mut moments: Vec<_> = rules
        .iter()
        .flat_map(|rule| {
            [
                (rule.from, *rule, true),
                (rule.until.unwrap_or(round), *rule, false),
            ]
        })
        .collect();
    moments.sort_by_key(|(at, _, _)| *at);
    moments
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
