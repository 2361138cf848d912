//! The course of a run: start everything, send the load, let it drain, stop everything in order, and only then look.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use faults::plan::Plan;
use faults::truth::Ledger;
use loadgen::{
    ExporterOptions, LoadError, LoadPlan, MEMORY_LIMIT, Options, Outcome, Progress, Recorder, Stop, Target,
};
use scenarios::model::Scenario;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};

use super::control::Control;
use super::interrupt::Interrupt;
use super::profiles::Profiles;
use super::progress::ProgressLine;
use super::results::{self, Ending, Observed};
use super::{Finished, RunOptions, database_choice};
use crate::Failure;
use crate::accounts::{LabCounts, OwnCounts};
use crate::database::{self, Hold};
use crate::distractors::{self, Distractors};
use crate::folder::RunFolder;
use crate::outages;
use crate::parts::{Common, DatabaseChoice, Layout, Ports, Socket, System, SystemOptions};
use crate::referee::{self, Reports};
use crate::resources::Resources;
use crate::samples::{Picked, Samples};
use crate::token;
use crate::windows::{self, Windows};

/// What the generator's thread needs before it can send: the timelines of load, faults and distractors start together then.
const READY: Duration = Duration::from_millis(5);
/// How often progress is shown.
const SHOW: Duration = Duration::from_millis(100);
/// How often the parts' memory is looked at; each look costs the kernel a walk over their pages.
const SAMPLE_EVERY: u32 = 5;
/// How long checkouts still in the outbox may take to be fulfilled after the load.
const DRAIN: Duration = Duration::from_secs(10);
/// The same after Ctrl-C.
const DRAIN_INTERRUPTED: Duration = Duration::from_millis(200);

/// All observers of the load.
type Observers = ((Recorder, Samples), Picked);

/// What the generator's thread comes back with.
type Sent = Result<(Outcome, Observers), LoadError>;

/// Runs a scenario. Must be called on the main thread.
pub async fn conduct(options: RunOptions) -> Result<Finished, Failure> {
    let started = options.process_started;
    let scenario = &options.scenario;
    if let Some(name) = scenario.requests.keys().next() {
        return Err(Failure::input(format!(
            "{} has requests of its own (`{name}`), which the shop does not know",
            scenario.name
        ))
        .help("send them where they belong: `faultmart load http://HOST:PORT FILE`"));
    }
    let plan = Plan::new(scenario, options.attempt).map_err(|error| Failure::input(error.to_string()))?;
    let scratch = scratch_folder()?;
    let database = database_choice(options.database.as_deref(), scratch.path().to_path_buf())?;
    Windows::check(scenario, &database)?;
    let mut interrupt = Interrupt::listen()?;
    // Before anything is started: a server that is not there is to be told of with its own reason.
    let (database, hold) = tokio::select! {
        held = database::hold(database) => held?,
        () = interrupt.asked() => return Err(interrupted_early()),
    };
    let folder = RunFolder::create(options.out.as_deref(), &scenario.name, started)?;

    let token = token::random()?;
    let ear = Socket::bind(0)?;
    let referee_url = ear.url();
    let reports = referee::listen(ear.into_listener(), &token)?;
    let lab = lab_options(&options, &folder);
    let common = Common {
        seed: scenario.seed,
        shop: scenario.shop,
        database: &database,
        referee: &referee_url,
        token: &token,
        scratch: scratch.path(),
        log: &folder.file("log.txt"),
        lab: &lab,
    };
    let mut system = System::start(&SystemOptions {
        ports: Ports::Free,
        common,
        binary: &options.binary,
        restartable: &(&windows::crashing(scenario) | &distractors::replaced(scenario)),
        ready_within: options.ready_within,
    })?;
    let line = ProgressLine::new(options.progress, scenario, plan.duration());
    line.say("starting the shop");
    tokio::select! {
        ready = system.ready() => ready?,
        () = interrupt.asked() => {
            line.end();
            system.stop_shop().await;
            system.stop_rest().await;
            return Err(interrupted_early());
        }
    }
    let ready = SystemTime::now();

    let control = Control::new(&token)?;
    let mut stage = Stage {
        system,
        reports,
        ledger: Ledger::new(),
        resources: Resources::default(),
        line,
        killed: Vec::new(),
        journeys: Vec::new(),
        hold,
    };
    let profiles = if options.profile {
        Profiles::start(&control, &stage.system.layout.services, plan.duration())
    } else {
        Profiles::default()
    };
    let start = Instant::now() + READY;
    let mut windows = Windows::schedule(scenario, &plan, &control, &stage.system.layout, start);
    let mut distractors = Distractors::schedule(scenario, &plan, &control, &stage.system, start);
    let sent = stage
        .send_load(
            scenario,
            &plan,
            start,
            &mut windows,
            &mut distractors,
            &mut interrupt,
        )
        .await;
    let (windows, restarts) = windows.stop().await;
    let mut restarted = Ok(());
    for service in restarts {
        restarted = restarted.and(stage.system.restart(&service, None).await);
    }
    let (sent, mut failure) = match sent {
        Ok((sent, failure)) => (sent, failure.or(restarted.err())),
        Err(failure) => {
            stage.stop_everything().await;
            return Err(failure);
        }
    };

    let patience = match (&failure, interrupt.is_asked()) {
        (Some(_), _) => Duration::ZERO,
        (None, true) => DRAIN_INTERRUPTED,
        (None, false) => DRAIN,
    };
    stage.line.say("draining");
    if let Some(&orders) = stage.system.layout.services.get("orders") {
        control.drain_outbox(orders, patience).await;
    }
    if failure.is_none() && !interrupt.is_asked() {
        failure = control.database_trouble(&stage.system.layout.services).await;
    }
    stage.resources.sample(&stage.processes());
    // Of a run that was cut short, each service gives what it has when it is told to go.
    let (written, killed) = if failure.is_some() || interrupt.is_asked() {
        tokio::join!(profiles.write(&folder), stage.system.stop_shop())
    } else {
        (profiles.write(&folder).await, stage.system.stop_shop().await)
    };
    failure = failure.or(written.err());
    stage.killed.extend(killed);
    let lab = control.lab_counts(stage.system.layout.page).await;
    // The lab is the last, and what it may fail at is to write down what it holds.
    let (killed_late, unwritten) = stage.system.stop_rest().await;
    stage.killed.extend(killed_late);
    failure = failure
        .or(unwritten
            .map(|failure| failure.help("free some space, or choose another folder with `--out DIR`")));
    stage.hear();
    stage.line.end();
    if let Some(hold) = stage.hold.take() {
        hold.release().await;
    }

    let (lab_counts, lab_answer) = match lab {
        Ok(answered) => answered,
        Err(_) if failure.is_some() => (LabCounts::default(), Value::Null),
        Err(failure) => return Err(failure),
    };
    let (outcome, ((recorder, samples), picked)) = sent;
    for applied in outages::hits(&windows, &samples, &stage.journeys) {
        stage.ledger.applied(applied);
    }
    for window in windows {
        stage.ledger.window(window);
    }
    for innocent in distractors
        .finish()
        .into_iter()
        .chain(distractors::requests(&samples, &stage.journeys))
    {
        stage.ledger.innocent(innocent);
    }
    let own = own_counts(scratch.path(), &stage.killed, &outcome);
    let observed = Observed {
        plan,
        journeys: stage.journeys,
        outcome,
        recorder,
        samples,
        picked,
        ledger: stage.ledger,
        own,
        lab_counts,
        lab_answer,
        refused_reports: stage.reports.refused(),
        resources: stage.resources,
    };
    let ending = Ending {
        started,
        ready,
        interrupted: interrupt.is_asked(),
        failure,
    };
    Ok(results::gather(options, folder, observed, ending))
}

/// What is on stage while load is sent.
struct Stage {
    system: System,
    reports: Reports,
    ledger: Ledger,
    resources: Resources,
    line: ProgressLine,
    killed: Vec<&'static str>,
    journeys: Vec<String>,
    /// On the schemas of a PostgreSQL server.
    hold: Option<Hold>,
}

impl Stage {
    /// Sends the load; stops it when the user asks, a part dies or the database does. The second value says why it was cut short,
    /// if by a death.
    async fn send_load(
        &mut self,
        scenario: &Scenario,
        plan: &Plan,
        start: Instant,
        windows: &mut Windows,
        distractors: &mut Distractors,
        interrupt: &mut Interrupt,
    ) -> Result<((Outcome, Observers), Option<Failure>), Failure> {
        let (stop, progress) = (Stop::new(), Progress::new());
        let mut answer = self.start_generator(scenario, plan, start, &stop, &progress)?;
        let mut tick = tokio::time::interval(SHOW);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut ticks, mut failure, mut asked) = (0_u32, None, false);
        let sent = loop {
            tokio::select! {
                sent = &mut answer => break sent,
                death = self.system.death(), if failure.is_none() => {
                    self.killed.push(death.name);
                    match self.system.crashed(death.name) {
                        Ok(true) => {}
                        Ok(false) => failure = Some(death.into()),
                        Err(error) => failure = Some(error),
                    }
                    if failure.is_some() {
                        stop.stop();
                    }
                }
                service = windows.restart() => {
                    if let Err(error) = self.system.restart(&service, windows.set_in(&service)).await {
                        failure.get_or_insert(error);
                        stop.stop();
                    }
                }
                () = distractors.due() => {
                    if let Err(error) = distractors.advance(&mut self.system, windows).await {
                        failure.get_or_insert(error);
                        stop.stop();
                    }
                }
                lost = database::lost(&mut self.hold), if failure.is_none() => {
                    failure = Some(lost);
                    stop.stop();
                }
                () = interrupt.asked(), if !asked => {
                    asked = true;
                    stop.stop();
                }
                _ = tick.tick() => {
                    if ticks.is_multiple_of(SAMPLE_EVERY) {
                        self.resources.sample(&self.processes());
                    }
                    ticks = ticks.wrapping_add(1);
                    self.hear();
                    self.line.show(&progress.snapshot());
                }
            }
        };
        let sent = sent.map_err(|_| Failure::run("the load generator has stopped without a word"))?;
        Ok((sent.map_err(|error| Failure::run(error.to_string()))?, failure))
    }

    fn start_generator(
        &mut self,
        scenario: &Scenario,
        plan: &Plan,
        start: Instant,
        stop: &Stop,
        progress: &Progress,
    ) -> Result<oneshot::Receiver<Sent>, Failure> {
        let layout = &self.system.layout;
        let target = |address| {
            Target::parse(&format!("http://{address}")).map_err(|error| Failure::run(error.to_string()))
        };
        let gateway = target(layout.gateway)?;
        let instance = format!("load-{}", std::process::id());
        let options = Options {
            exporter: Some(ExporterOptions::new(target(layout.otlp_http)?, instance)),
            start: Some(start.into_std()),
            ..Options::default()
        };
        let load = LoadPlan::of(scenario, plan).map_err(|error| Failure::input(error.to_string()))?;
        self.journeys = load.journeys.iter().map(|journey| journey.name.clone()).collect();
        // Only a fault can make bystanders.
        let remember = if scenario.faults.is_empty() {
            0
        } else {
            MEMORY_LIMIT
        };
        let observers = (
            (Recorder::new(self.journeys.clone(), remember), Samples::default()),
            Picked::default(),
        );
        let (stop, progress) = (stop.clone(), progress.clone());
        let (tell, told) = oneshot::channel();
        std::thread::Builder::new()
            .name("load".into())
            .spawn(move || {
                // Nobody is left to hear of it only if the run has been given up.
                let _ = tell.send(loadgen::run(load, &gateway, options, observers, &stop, &progress));
            })
            .map_err(|error| Failure::run(format!("cannot start the load generator: {error}")))?;
        Ok(told)
    }

    /// Notes in the ledger what the referee has heard.
    fn hear(&mut self) {
        for applied in self.reports.take() {
            self.ledger.applied(applied);
        }
    }

    fn processes(&self) -> Vec<(&'static str, u32)> {
        let mut processes = self.system.processes();
        processes.push(("load", std::process::id()));
        processes
    }

    async fn stop_everything(&mut self) {
        self.line.end();
        self.system.stop_shop().await;
        self.system.stop_rest().await;
        if let Some(hold) = self.hold.take() {
            hold.release().await;
        }
    }
}

fn interrupted_early() -> Failure {
    Failure {
        code: 130,
        message: "interrupted before the shop was ready".into(),
        help: None,
    }
}

/// The folder of counter files and databases, gone when it is dropped.
pub(crate) fn scratch_folder() -> Result<TempDir, Failure> {
    tempfile::Builder::new()
        .prefix("faultmart-")
        .tempdir()
        .map_err(|error| {
            Failure::run(format!(
                "cannot make a temporary folder in {}: {error}",
                std::env::temp_dir().display()
            ))
            .help("set TMPDIR to a folder that can be written")
        })
}

fn lab_options(options: &RunOptions, folder: &RunFolder) -> Vec<String> {
    let record = folder.file("traces.otlp.jsonl.zst");
    let mut lab = vec!["--memory".into(), options.memory.clone()];
    lab.extend([
        "--record".into(),
        record.display().to_string(),
        "--record-all".into(),
    ]);
    if let Some(endpoint) = &options.otlp_endpoint {
        lab.extend(["--forward".into(), endpoint.clone()]);
    }
    lab
}

/// What each service and the generator counted.
fn own_counts(scratch: &std::path::Path, killed: &[&str], outcome: &Outcome) -> BTreeMap<String, OwnCounts> {
    let mut own = BTreeMap::new();
    for &service in System::instrumented() {
        // A service that never came to open its file has counted nothing.
        let counts = chassis::counters::read(&Layout::counters(scratch, service)).unwrap_or_default();
        own.insert(
            service.to_owned(),
            OwnCounts {
                started: counts.started,
                ended: counts.ended,
                exported: counts.exported,
                dropped: counts.dropped,
                in_flight: counts.in_flight,
                unsampled: counts.unsampled,
                killed: killed.contains(&service),
            },
        );
    }
    let spans = outcome.spans;
    own.insert(
        "load".to_owned(),
        OwnCounts {
            started: spans.started,
            ended: spans.ended,
            exported: spans.exported,
            dropped: spans.dropped,
            ..OwnCounts::default()
        },
    );
    own
}

/// Whether a run on this database has a port that the wire can stand before.
pub(crate) fn has_database_port(database: &DatabaseChoice) -> bool {
    matches!(database, DatabaseChoice::Postgres(url) if url.host_str().is_some_and(|host| !host.is_empty()))
}
