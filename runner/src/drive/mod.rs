//! Driving a shop that is left running: its load, the faults that are set, single requests.
//!
//! The parent of all parts does it, which holds the token and the load; the lab, which serves the page, passes `/lab/drive` on to
//! here. Who shows the token may change things, everybody else may look on, and may not see what is set when that is hidden.
//!
//! | question | module |
//! |---|---|
//! | what is set, where and since when? | [`set`] |
//! | which load is sent, and when can its own faults strike? | [`load`] |
//! | what does one request with a fault look like? | [`single`] |
//! | where does a service spend its processor time? | [`profile`](mod@profile) |
//! | what is told? | [`state`] |
//! | what can be asked and who may? | [`routes`] |

mod load;
mod profile;
mod routes;
mod set;
mod single;
mod state;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, SystemTime};

use faults::truth::Applied;
use faults::vocabulary::Catalogue;
use loadgen::{ExporterOptions, Target};
use scenarios::catalogue::SCENARIOS;
use scenarios::model::Scenario;

use crate::Failure;
use crate::parts::{DatabaseChoice, Layout, Socket};
use crate::run::Control;
use load::Load;
use set::SetFaults;

/// Why something is not done: what is wrong, for whom asked for it.
type Refusal = String;

/// What drives a shop. Shared by all who ask.
pub struct Drive {
    /// The scenario whose data the shop has.
    shop: Scenario,
    database: DatabaseChoice,
    /// What can be played: that scenario first, and the catalogue's.
    scenarios: Vec<Scenario>,
    gateway: Target,
    /// Where root spans go.
    telemetry: Target,
    /// The lab's page.
    page: SocketAddr,
    services: BTreeMap<&'static str, SocketAddr>,
    control: Control,
    faults: Arc<SetFaults>,
    load: Load,
    token: String,
    /// Whether those without the token are not told what is set.
    hidden: AtomicBool,
    /// How many single requests were sent.
    singles: AtomicU64,
}

impl Drive {
    /// For a shop that runs. `hidden`: those who only look on are not told what is set.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when an address cannot be used.
    pub fn new(
        shop: &Scenario,
        database: &DatabaseChoice,
        layout: &Layout,
        token: &str,
        hidden: bool,
    ) -> Result<Arc<Self>, Failure> {
        let target = |address| {
            Target::parse(&format!("http://{address}")).map_err(|error| Failure::run(error.to_string()))
        };
        let control = Control::new(token)?;
        let mut scenarios = vec![shop.clone()];
        for entry in SCENARIOS.iter().filter(|entry| entry.name != shop.name) {
            let scenario = scenarios::parse(&entry.path(), entry.text, &Catalogue);
            scenarios.push(scenario.map_err(|problems| Failure::run(problems.to_string()))?);
        }
        Ok(Arc::new(Self {
            shop: shop.clone(),
            database: database.clone(),
            scenarios,
            gateway: target(layout.gateway)?,
            telemetry: target(layout.otlp_http)?,
            page: layout.page,
            services: layout.services.clone(),
            faults: Arc::new(SetFaults::new(layout, control.clone())),
            control,
            load: Load::default(),
            token: token.to_owned(),
            hidden: AtomicBool::new(hidden),
            singles: AtomicU64::new(0),
        }))
    }

    /// Answers on that socket until the runtime ends.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the socket cannot be used.
    pub fn listen(self: &Arc<Self>, socket: Socket) -> Result<(), Failure> {
        let cannot = |error| Failure::run(format!("the page cannot drive the shop: {error}"));
        let address = socket.address();
        let listener = socket.into_listener();
        listener.set_nonblocking(true).map_err(cannot)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(cannot)?;
        let router = routes::routes(Arc::clone(self), address);
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("warning: the page cannot drive the shop any more: {error}");
            }
        });
        Ok(())
    }

    /// Starts the load of the shop's own scenario.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it cannot be sent.
    pub async fn start(&self) -> Result<(), Failure> {
        let started = self.start_load(&self.shop.name, true).await;
        started.map_err(Failure::input)
    }

    /// Ends the load, and waits until it has ended.
    pub async fn stop(&self) {
        self.load.stop().await;
    }

    /// The load that is sent now, if there is one.
    #[must_use]
    pub fn running(&self) -> Option<Arc<load::Running>> {
        self.load.running()
    }

    /// What the referee has heard.
    pub fn heard(&self, applied: &[Applied]) {
        self.faults.heard(applied);
    }

    async fn start_load(&self, scenario: &str, with_faults: bool) -> Result<(), Refusal> {
        let found = self.scenarios.iter().find(|it| it.name == scenario);
        let found = found.ok_or_else(|| {
            let names = self.scenarios.iter().map(|it| it.name.as_str());
            format!(
                "no scenario `{scenario}`: {}",
                scenarios::words::suggest(scenario, names)
            )
        })?;
        let mut scenario = found.clone();
        // The data is there already, and tokens follow from its seed.
        (scenario.seed, scenario.shop) = (self.shop.seed, self.shop.shop);
        if !with_faults {
            scenario.faults.clear();
        }
        crate::windows::Windows::check(&scenario, &self.database).map_err(|failure| failure.message)?;
        if !scenario.requests.is_empty() {
            return Err(format!(
                "{} has requests of its own, which the shop does not know",
                scenario.name
            ));
        }
        let to = (self.gateway.clone(), self.exporter());
        self.load.start(scenario, to, Arc::clone(&self.faults)).await
    }

    fn exporter(&self) -> ExporterOptions {
        ExporterOptions::new(self.telemetry.clone(), format!("load-{}", std::process::id()))
    }
}

/// Now, in milliseconds since 1970.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    milliseconds(since.unwrap_or_default())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
