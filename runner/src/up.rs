//! The whole system, left running, to be tried by hand: with a load that goes round and round if asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use faults::catalogue::CRASH;
use faults::plan::Plan;
use scenarios::model::Scenario;
use serde_json::json;

use crate::drive::Drive;
use crate::parts::{Common, Death, Layout, Ports, Socket, System, SystemOptions};
use crate::referee;
use crate::run::{Interrupt, ProgressLine, database_choice, runtime, scratch_folder};
use crate::token;
use crate::{Failure, database};

/// How often progress is shown, and what the referee has heard is let go.
const SHOW: Duration = Duration::from_millis(200);
/// How long a service that has crashed is away.
const RESTART: Duration = Duration::from_secs(2);
/// What a service ends with that has crashed.
const PANICKED: i32 = 101;
/// What an interrupted program ends with.
const INTERRUPTED: u8 = 130;

/// What is left running.
#[derive(Debug)]
pub struct UpOptions {
    /// Whose data, and whose load.
    pub scenario: Scenario,
    /// On which database: none for SQLite in a temporary folder, or a `postgres://` URL.
    pub database: Option<String>,
    /// Which ports.
    pub ports: Ports,
    /// Whether the scenario's load is sent.
    pub load: bool,
    /// Whether those who only look on are not told which faults are set.
    pub hide_faults: bool,
    /// A backend that gets a second copy of all telemetry.
    pub otlp_endpoint: Option<String>,
    /// The lab's budget for stored spans.
    pub memory: String,
    /// The binary that is every part.
    pub binary: PathBuf,
    /// How long all parts together may take to be ready.
    pub ready_within: Duration,
    /// Whether the addresses are printed as JSON.
    pub json: bool,
    /// Whether a progress line is drawn on stderr.
    pub progress: bool,
}

/// Starts everything and waits for Ctrl-C.
///
/// # Errors
///
/// A [`Failure`] when something cannot be started, or a part dies.
pub fn run(options: UpOptions) -> Result<u8, Failure> {
    runtime()?.block_on(stay_up(options))
}

async fn stay_up(options: UpOptions) -> Result<u8, Failure> {
    let scenario = &options.scenario;
    let plan = Plan::new(scenario, 0).map_err(|error| Failure::input(error.to_string()))?;
    let scratch = scratch_folder()?;
    let database = database_choice(options.database.as_deref(), scratch.path().to_path_buf())?;
    let mut interrupt = Interrupt::listen()?;
    let (database, mut hold) = tokio::select! {
        held = database::hold(database) => held?,
        () = interrupt.asked() => return Ok(INTERRUPTED),
    };
    let token = token::random()?;
    let ear = Socket::bind(0)?;
    let referee_url = ear.url();
    let reports = referee::listen(ear.into_listener(), &token)?;
    // Until the shop is ready, whoever wants to drive waits in the kernel's queue.
    let wheel = Socket::bind(0)?;
    let mut lab = vec![
        "--memory".to_owned(),
        options.memory.clone(),
        "--drive".to_owned(),
        wheel.url(),
    ];
    if let Some(endpoint) = &options.otlp_endpoint {
        lab.extend(["--forward".into(), endpoint.clone()]);
    }
    let common = Common {
        seed: scenario.seed,
        shop: scenario.shop,
        database: &database,
        referee: &referee_url,
        token: &token,
        scratch: scratch.path(),
        log: &scratch.path().join("log.txt"),
        lab: &lab,
    };
    let mut system = System::start(&SystemOptions {
        ports: options.ports,
        common,
        binary: &options.binary,
        restartable: &may_crash(),
        ready_within: options.ready_within,
    })?;
    let line = ProgressLine::new(options.progress, scenario, plan.duration());
    line.say("starting the shop");
    tokio::select! {
        ready = system.ready() => ready?,
        () = interrupt.asked() => return stopped(&mut system).await,
    }
    line.end();
    announce(&system.layout, &token, options.json);
    let drive = Drive::new(scenario, &database, &system.layout, &token, options.hide_faults)?;
    drive.listen(wheel)?;
    if options.load {
        drive.start().await?;
    }
    let mut progress = Shown::new(options.progress);
    let mut tick = tokio::time::interval(SHOW);
    let mut restarts: Vec<(Instant, &'static str)> = Vec::new();
    let ended = loop {
        tokio::select! {
            death = system.death() => match has_crashed(&mut system, death) {
                Ok(name) => restarts.push((Instant::now() + RESTART, name)),
                Err(failure) => break Err(failure),
            },
            lost = database::lost(&mut hold) => break Err(lost),
            () = interrupt.asked() => break Ok(()),
            _ = tick.tick() => {
                drive.heard(&reports.take());
                progress.show(&drive);
                let is_due = |(at, _): &(Instant, &str)| *at <= Instant::now();
                if let Some(due) = restarts.iter().position(is_due) {
                    let (_, name) = restarts.swap_remove(due);
                    if let Err(failure) = system.restart(name, None).await {
                        break Err(failure);
                    }
                    eprintln!("note: {name} is there again");
                }
            }
        }
    };
    progress.end();
    drive.stop().await;
    let code = stopped(&mut system).await?;
    if let Some(hold) = hold {
        hold.release().await;
    }
    ended.map(|()| code)
}

/// The services that a fault can make crash.
fn may_crash() -> BTreeSet<String> {
    CRASH.all_place_names().into_iter().map(str::to_owned).collect()
}

/// Which service has crashed, and will be started again as an orchestrator would.
///
/// # Errors
///
/// The death of any other part, or of another kind: that is the end of all.
fn has_crashed(system: &mut System, death: Death) -> Result<&'static str, Failure> {
    if death.status.code() == Some(PANICKED) && system.crashed(death.name)? {
        eprintln!(
            "note: {} has crashed; it is started again in {} s",
            death.name,
            RESTART.as_secs()
        );
        return Ok(death.name);
    }
    Err(death.into())
}

async fn stopped(system: &mut System) -> Result<u8, Failure> {
    system.stop_shop().await;
    system.stop_rest().await;
    Ok(INTERRUPTED)
}

fn announce(layout: &Layout, token: &str, as_json: bool) {
    let gateway = format!("http://{}", layout.gateway);
    let page = format!("http://{}", layout.page);
    let own = |part: &str| {
        layout
            .services
            .get(part)
            .map(|address| format!("http://{address}"))
    };
    if as_json {
        let mut control: BTreeMap<&str, String> = System::instrumented()
            .iter()
            .filter_map(|part| Some((*part, own(part)?)))
            .collect();
        control.insert("wire", format!("http://{}", layout.wire_control));
        let addresses = json!({
            "gateway": gateway,
            "page": page,
            "otlp_http": format!("http://{}", layout.otlp_http),
            "otlp_grpc": format!("http://{}", layout.otlp_grpc),
            "control": control,
            "control_token": token,
        });
        println!("{addresses}");
        return;
    }
    println!(
        "
  Watch and break the shop:  {page}/#token={token}
  For those who look on:     {page}

The shop answers at {gateway}; OTLP goes to http://{} (HTTP) or http://{} (gRPC).
A request, and the same with a fault:
  curl -s {gateway}/api/products/1
  curl -s {gateway}/api/products/1 -H 'baggage: fault.n-plus-one-sql=catalog.product'
The same for everybody who looks at a product, until it is taken away again:
  curl -X POST {page}/lab/drive/faults -H 'authorization: Bearer {token}' \
    -d '{{\"fault\":\"n-plus-one-sql\",\"at\":\"catalog.product\"}}'
  curl -X DELETE {page}/lab/drive/faults -H 'authorization: Bearer {token}'
Ctrl-C stops everything.",
        layout.otlp_http, layout.otlp_grpc,
    );
}

/// The progress line of the load that is sent, a new one whenever that changes.
struct Shown {
    is_wanted: bool,
    line: Option<(u64, ProgressLine)>,
}

impl Shown {
    fn new(is_wanted: bool) -> Self {
        Self {
            is_wanted,
            line: None,
        }
    }

    fn show(&mut self, drive: &Drive) {
        let Some(running) = drive.running() else {
            self.end();
            return;
        };
        if self
            .line
            .as_ref()
            .is_none_or(|(since, _)| *since != running.since_unix_ms)
        {
            self.end();
            let line = ProgressLine::new(self.is_wanted, &running.scenario, running.round);
            self.line = Some((running.since_unix_ms, line));
        }
        if let Some((_, line)) = &self.line {
            line.show(&running.snapshot());
        }
    }

    fn end(&mut self) {
        if let Some((_, line)) = self.line.take() {
            line.end();
        }
    }
}
