//! The load generator alone, against any HTTP service.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use faults::plan::Plan;
use loadgen::{ExporterOptions, LoadPlan, Options, Progress, Recorder, SpanCounts, Stop, Target};
use scenarios::model::Scenario;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::Failure;
use crate::run::{Interrupt, ProgressLine, runtime};
use crate::summary::Load;

/// How often progress is shown.
const SHOW: Duration = Duration::from_millis(100);

/// Which load, and where it goes.
#[derive(Debug)]
pub struct LoadOptions {
    /// `http://HOST:PORT`, with a base path if there is one.
    pub url: String,
    /// What is sent.
    pub scenario: Scenario,
    /// Which playing of the same plan this is.
    pub attempt: u64,
    /// Where root spans go.
    pub otlp_endpoint: Option<String>,
    /// The bound on requests of the open model under way.
    pub max_connections: usize,
    /// Where the latencies are written.
    pub hlog: Option<PathBuf>,
    /// Whether a progress line is drawn on stderr.
    pub progress: bool,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct LoadFinished {
    /// `faultmart.load/1`.
    pub schema: &'static str,
    /// Where it went.
    pub url: String,
    /// The scenario's title.
    pub title: String,
    /// How long it took.
    pub duration_ms: u64,
    /// What the process ends with.
    pub exit_code: u8,
    /// Whether Ctrl-C ended it.
    pub interrupted: bool,
    /// The counts and figures.
    pub load: Load,
    /// What became of the root spans.
    pub spans: SpanCounts,
}

/// Sends the load.
///
/// # Errors
///
/// A [`Failure`] when it cannot be sent at all.
pub fn run(options: LoadOptions) -> Result<LoadFinished, Failure> {
    runtime()?.block_on(send(options))
}

async fn send(options: LoadOptions) -> Result<LoadFinished, Failure> {
    let input = |error: &dyn std::fmt::Display| Failure::input(error.to_string());
    let scenario = options.scenario;
    let plan = Plan::new(&scenario, options.attempt).map_err(|error| input(&error))?;
    let target = Target::parse(&options.url).map_err(|error| input(&error))?;
    let exporter = match &options.otlp_endpoint {
        None => None,
        Some(url) => {
            let endpoint = Target::parse(url).map_err(|error| input(&error))?;
            Some(ExporterOptions::new(
                endpoint,
                format!("load-{}", std::process::id()),
            ))
        }
    };
    let load = LoadPlan::of(&scenario, &plan).map_err(|error| input(&error))?;
    let recorder = Recorder::new(load.journeys.iter().map(|journey| journey.name.clone()), 0);
    let generator = Options {
        exporter,
        max_connections: options.max_connections,
        ..Options::default()
    };

    let mut interrupt = Interrupt::listen()?;
    let (stop, progress) = (Stop::new(), Progress::new());
    let (tell, mut told) = oneshot::channel();
    let (stop_there, progress_there) = (stop.clone(), progress.clone());
    let started = SystemTime::now();
    std::thread::Builder::new()
        .name("load".into())
        .spawn(move || {
            // Nobody is left to hear of it only if the run has been given up.
            let _ = tell.send(loadgen::run(
                load,
                &target,
                generator,
                recorder,
                &stop_there,
                &progress_there,
            ));
        })
        .map_err(|error| Failure::run(format!("cannot start the load generator: {error}")))?;
    let line = ProgressLine::new(options.progress, &scenario, plan.duration());
    let mut tick = tokio::time::interval(SHOW);
    let mut asked = false;
    let sent = loop {
        tokio::select! {
            sent = &mut told => break sent,
            () = interrupt.asked(), if !asked => {
                asked = true;
                stop.stop();
            }
            _ = tick.tick() => line.show(&progress.snapshot()),
        }
    };
    line.end();
    let sent = sent.map_err(|_| Failure::run("the load generator has stopped without a word"))?;
    let (outcome, recorder) = sent.map_err(|error| Failure::run(error.to_string()))?;
    if let Some(path) = &options.hlog {
        recorder
            .write_hlog(path, started, outcome.duration)
            .map_err(|error| Failure::run(format!("cannot write {}: {error}", path.display())))?;
    }
    let exit_code = match (asked, outcome.started > 0 && outcome.completed == 0) {
        (true, _) => 130,
        (false, true) => 3,
        (false, false) => 0,
    };
    Ok(LoadFinished {
        schema: "faultmart.load/1",
        url: options.url,
        title: scenario.title,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        exit_code,
        interrupted: asked,
        load: Load::new(&outcome, &recorder),
        spans: outcome.spans,
    })
}
