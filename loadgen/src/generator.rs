//! A load, from its first request to its last: the pacer.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clock::Timer;
use tokio::runtime::{Builder, LocalOptions};

use crate::engine::{Engine, Load};
use crate::spans::Exporter;
use crate::users::Users;
use crate::{
    Arrival, ExporterOptions, Failure, InvalidRequest, LoadPlan, Observer, Progress, SpanCounts, Stop, Target,
};

/// How often timeouts, batches of spans, the stop signal and the progress are seen to.
const TICK: Duration = Duration::from_millis(20);
/// So much before a request is due the pacer is woken, and looks at the clock until it is: to be woken takes a kernel tens
/// of microseconds, the more so on a virtual machine. Answers are read meanwhile.
const AWAKE_BEFORE: Duration = Duration::from_micros(40);
/// How many overdue requests are started before answers are looked at again.
const BURST: usize = 64;
/// How long the last root spans may take to be sent when someone waits for the load to stop.
const FLUSH_WHEN_STOPPED: Duration = Duration::from_millis(800);
/// How long the rest of an interrupted plan may take to be counted.
const COUNTING: Duration = Duration::from_millis(300);

/// How load is sent.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many requests of the open model may be under way at once, each on a connection of its own; a further one that
    /// is due is dropped. Users of the closed model each have a connection beside.
    pub max_connections: usize,
    /// How long an answer may take, from when its request is sent.
    pub timeout: Duration,
    /// An arrival that the generator comes to later than this is dropped.
    pub max_lateness: Duration,
    /// How long requests under way may go on after the stop signal, before they are broken off.
    pub grace: Duration,
    /// Where root spans go; none are made without.
    pub exporter: Option<ExporterOptions>,
    /// How long the last root spans may take to be sent, after the load; after a stop signal, 800 ms at most.
    pub flush: Duration,
    /// When the load starts, for who follows its timeline beside it: as soon as it can without. What is due before
    /// the generator is ready is late.
    pub start: Option<Instant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 1_024,
            timeout: Duration::from_secs(10),
            max_lateness: Duration::from_secs(1),
            grace: Duration::from_secs(1),
            exporter: None,
            flush: Duration::from_secs(5),
            start: None,
        }
    }
}

/// What became of a load: planned = started + dropped + not reached, and started = completed + failed + aborted. A step of
/// the closed model counts as planned when it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// All that was to be sent.
    pub planned: u64,
    /// Sent, or at least a connection begun for it.
    pub started: u64,
    /// Answered with a status below 400.
    pub completed: u64,
    /// Not answered, or with a status of 400 and above.
    pub failed: u64,
    /// Broken off after the stop signal.
    pub aborted: u64,
    /// Due, but not started: too late, or too many under way.
    pub dropped: u64,
    /// Not started because of the stop signal.
    pub not_reached: u64,
    /// Whether the rest of the plan was too long to be counted, so that `planned` and `not_reached` are only what was
    /// counted of it.
    pub plan_cut_short: bool,
    /// Requests that were sent a second time, since the peer had closed the connection; each counts once above.
    pub retried: u64,
    /// The failed ones, by cause.
    pub failures: BTreeMap<Failure, u64>,
    /// What became of the root spans.
    pub spans: SpanCounts,
    /// When the load started, in nanoseconds since the Unix epoch: what all times of samples count from.
    pub started_unix_ns: u64,
    /// From the start to the last request's end.
    pub duration: Duration,
}

/// Why no load could be sent.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A host's address is not known.
    #[error("cannot find the address of {host:?}: {source}")]
    Resolve {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// A header for the exports of spans cannot be sent.
    #[error("root spans cannot be exported: {0}")]
    Export(#[from] InvalidRequest),
    /// The machine has no threads, timers or descriptors left.
    #[error("the load generator cannot run: {0}")]
    System(#[from] io::Error),
}

/// Sends a load, and returns when all of it has ended, with the observer. Blocks the thread, and wants it for itself: no
/// async runtime may be running on it.
///
/// # Errors
/// When nothing can be sent at all. A target that does not answer is no such error: its requests are counted as failed.
pub fn run<O: Observer + 'static>(
    plan: LoadPlan,
    target: &Target,
    options: Options,
    observer: O,
    stop: &Stop,
    progress: &Progress,
) -> Result<(Outcome, O), LoadError> {
    let observer = Rc::new(RefCell::new(observer));
    // Not generic, so that it is compiled once, here.
    let outcome = send(plan, target, options, observer.clone(), stop, progress)?;
    let observer =
        Rc::into_inner(observer).ok_or_else(|| io::Error::other("a task of the load outlived it"))?;
    Ok((outcome, observer.into_inner()))
}

fn send(
    plan: LoadPlan,
    target: &Target,
    options: Options,
    observer: Rc<RefCell<dyn Observer>>,
    stop: &Stop,
    progress: &Progress,
) -> Result<Outcome, LoadError> {
    let address = resolve(target)?;
    let exporter = match options.exporter.clone() {
        Some(to) => {
            let address = resolve(&to.endpoint)?;
            Some(Exporter::new(to, address, target, &plan.journeys)?)
        }
        None => None,
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    let LoadPlan {
        warm_up,
        arrivals,
        users,
        ..
    } = plan;
    Ok(runtime.block_on(async {
        let start = options.start.unwrap_or_else(Instant::now);
        let load = Load {
            warm_up,
            start,
            users: Users::new(users, start),
            exporter,
        };
        let engine = Rc::new(Engine::new(target.clone(), address, options, load, observer));
        let mut pacer = Pacer {
            arrivals: arrivals.peekable(),
            planned: 0,
            timer: Timer::new()?,
            next_tick: start,
        };
        let sending = engine.exporter.is_some().then(|| send_spans(&engine));
        pacer.start_all(&engine, stop, progress).await?;
        pacer.drain(&engine, stop, progress).await?;
        let duration = start.elapsed();
        let (rest, plan_cut_short) = pacer.count_rest();
        flush_spans(&engine, sending, stop).await;
        progress_now(&engine, progress);
        let outcome = outcome(&engine, pacer.planned, rest, plan_cut_short, duration);
        io::Result::Ok(outcome)
    })?)
}

fn resolve(target: &Target) -> Result<std::net::SocketAddr, LoadError> {
    target.resolve().map_err(|source| LoadError::Resolve {
        host: target.host().to_owned(),
        source,
    })
}

/// Starts what is due when it is due.
struct Pacer {
    arrivals: std::iter::Peekable<Box<dyn Iterator<Item = Arrival> + Send>>,
    /// Arrivals that were started or dropped.
    planned: u64,
    timer: Timer,
    next_tick: Instant,
}

impl Pacer {
    /// Returns when all is started, or the stop signal was given.
    async fn start_all(&mut self, engine: &Rc<Engine>, stop: &Stop, progress: &Progress) -> io::Result<()> {
        loop {
            self.tick(engine, progress);
            if stop.is_set() {
                engine.stopping.set(true);
                return Ok(());
            }
            self.start_arrivals(engine);
            engine.start_users(Instant::now());
            let next_arrival = self.arrivals.peek().map(|arrival| engine.start + arrival.at);
            if next_arrival.is_none() && engine.users.borrow().are_gone() {
                return Ok(());
            }
            let next_user = engine.users.borrow().next_due();
            let next_start = [next_arrival, next_user].into_iter().flatten().min();
            let awake = next_start.map_or(self.next_tick, |due| due - AWAKE_BEFORE);
            self.wait(engine, awake.min(self.next_tick)).await?;
        }
    }

    /// Returns when nothing is under way any more; after a stop signal, within the grace.
    async fn drain(&mut self, engine: &Rc<Engine>, stop: &Stop, progress: &Progress) -> io::Result<()> {
        let mut end_of_grace = None;
        while engine.tally.borrow().in_flight() > 0 {
            self.tick(engine, progress);
            let now = Instant::now();
            if stop.is_set() && *end_of_grace.get_or_insert(now + engine.options.grace) <= now {
                engine.pool.borrow().cut_all();
                engine.aborted.notify_waiters();
            }
            self.wait(engine, self.next_tick).await?;
        }
        Ok(())
    }

    fn start_arrivals(&mut self, engine: &Rc<Engine>) {
        for _ in 0..BURST {
            // Read for each one: the lateness of the last of a burst is its own.
            let now = Instant::now();
            let Some(arrival) = self.arrivals.next_if(|arrival| engine.start + arrival.at <= now) else {
                return;
            };
            self.planned += 1;
            engine.arrive(arrival, now);
        }
    }

    async fn wait(&mut self, engine: &Engine, until: Instant) -> io::Result<()> {
        if engine.panicked.get() {
            return Err(io::Error::other("it panicked, or its observer did"));
        }
        if until <= Instant::now() {
            // Answers must be read, too.
            tokio::task::yield_now().await;
            return Ok(());
        }
        tokio::select! {
            slept = self.timer.sleep_until(until) => slept,
            () = engine.changed.notified() => Ok(()),
        }
    }

    fn tick(&mut self, engine: &Engine, progress: &Progress) {
        let now = Instant::now();
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        engine.pool.borrow().cut_overdue(now);
        if let Some(exporter) = &engine.exporter {
            exporter.tick(now);
        }
        progress_now(engine, progress);
    }

    /// How many arrivals are left, and whether there are more than could be counted.
    fn count_rest(&mut self) -> (u64, bool) {
        let begun = Instant::now();
        let mut count = 0;
        while self.arrivals.next().is_some() {
            count += 1;
            if count % 1_024 == 0 && begun.elapsed() > COUNTING {
                return (count, true);
            }
        }
        (count, false)
    }
}

fn send_spans(engine: &Rc<Engine>) -> tokio::task::JoinHandle<()> {
    let engine = Rc::clone(engine);
    tokio::task::spawn_local(async move {
        if let Some(exporter) = &engine.exporter {
            exporter.send_all().await;
        }
    })
}

async fn flush_spans(engine: &Engine, sending: Option<tokio::task::JoinHandle<()>>, stop: &Stop) {
    let (Some(exporter), Some(mut sending)) = (&engine.exporter, sending) else {
        return;
    };
    exporter.close();
    let mut deadline = Instant::now() + engine.options.flush;
    let mut seen_stop = false;
    while tokio::time::timeout(TICK, &mut sending).await.is_err() {
        let now = Instant::now();
        if stop.is_set() && !seen_stop {
            seen_stop = true;
            deadline = deadline.min(now + FLUSH_WHEN_STOPPED);
        }
        if now >= deadline {
            sending.abort();
            exporter.abandon();
            return;
        }
    }
}

fn progress_now(engine: &Engine, progress: &Progress) {
    engine
        .tally
        .borrow_mut()
        .publish(progress, engine.start, Instant::now());
}

fn outcome(
    engine: &Engine,
    arrivals: u64,
    not_reached: u64,
    plan_cut_short: bool,
    duration: Duration,
) -> Outcome {
    let tally = engine.tally.borrow();
    // Of the closed model, what was started was planned: only the run itself says how much fits.
    let steps = tally.started + tally.dropped - arrivals;
    Outcome {
        planned: arrivals + steps + not_reached,
        started: tally.started,
        completed: tally.completed,
        failed: tally.failed,
        aborted: tally.aborted,
        dropped: tally.dropped,
        not_reached,
        plan_cut_short,
        retried: tally.retried,
        failures: tally.failures.clone(),
        spans: engine.exporter.as_ref().map(Exporter::counts).unwrap_or_default(),
        started_unix_ns: engine.anchor.unix_ns(engine.start),
        duration,
    }
}
