//! A service from its start to its end: what it is given, how it serves, how it goes.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::IntoRawFd;
use std::time::Duration;

use axum::Router;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::client::Client;
use crate::connection::{self, Late, Patience};
use crate::database::Database;
use crate::failure::Failure;
use crate::options::Options;
use crate::restart;
use crate::server::{self, Server, Workers};
use crate::shutdown::{Shutdown, exit_when_stdin_closes};
use crate::telemetry::{Telemetry, metrics};
use crate::windows::Windows;

/// How long requests in progress may take to end when the service must go.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the referee may take to hear the last of it.
const REFEREE: Duration = Duration::from_secs(2);
/// The pause after the system could not accept a connection, mostly because there are too many.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The stack of a runtime's thread; handlers keep their bodies on the heap.
const STACK: usize = 1024 * 1024;

/// A service that has started, and is yet to serve.
#[derive(Debug)]
pub struct Service {
    /// `orders`.
    pub name: &'static str,
    /// What it was told.
    pub options: Options,
    /// Calls the other services.
    pub client: Client,
    /// Says when to go.
    pub shutdown: Shutdown,
    /// Faults that are set here for a time.
    pub windows: Windows,
    telemetry: Telemetry,
    listener: TcpListener,
    address: SocketAddr,
    database: Option<Database>,
}

impl Service {
    /// Starts a service: telemetry, referee, database handle, client, listening socket. Must run on a tokio runtime.
    ///
    /// # Errors
    ///
    /// When an option is wrong or the address is in use.
    pub fn start<'a>(name: &'static str, options: &'a Options) -> BoxFuture<'a, Result<Self, Failure>> {
        Box::pin(async move {
            let telemetry = Telemetry::start(name)?;
            crate::referee::start(name);
            Self::with_telemetry(name, options, telemetry)
        })
    }

    /// Starts a party that is not instrumented: no spans, no metrics, logs on standard error alone. The referee hears of what
    /// happens there all the same.
    ///
    /// # Errors
    ///
    /// As [`Service::start`].
    pub fn start_uninstrumented<'a>(
        name: &'static str,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<Self, Failure>> {
        Box::pin(async move {
            crate::referee::start(name);
            Self::with_telemetry(name, options, Telemetry::logs_only(name))
        })
    }

    fn with_telemetry(name: &'static str, options: &Options, telemetry: Telemetry) -> Result<Self, Failure> {
        let shutdown = Shutdown::default();
        shutdown.on_signals()?;
        if options.exit_on_stdin_close {
            exit_when_stdin_closes()?;
        }
        let cannot_listen = |error| Failure::not_carried_out(format!("cannot listen: {error}"));
        let listener = TcpListener::from_std(options.listen.bind()?).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let database = options
            .database
            .as_ref()
            .map(|url| Database::new(name, url, options))
            .transpose()?;
        let windows = Windows::inherited(name)?;
        restart::watch(name, windows.clone(), shutdown.clone());
        Ok(Self {
            name,
            client: Client::new(&options.upstreams, options.request_timeout)?,
            shutdown,
            windows,
            telemetry,
            listener,
            address,
            database,
            options: options.clone(),
        })
    }

    /// The service's database.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 2 when `--database` was not given.
    pub fn database(&self) -> Result<Database, Failure> {
        self.database.clone().ok_or_else(|| {
            Failure::input(format!("{} needs a database", self.name))
                .help("give --database sqlite:DIRECTORY or --database postgres://USER@HOST:PORT/NAME")
        })
    }

    /// The address that the service listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs `task` beside the requests: a consumer, a sweeper. It must end soon after [`Shutdown::requested`]; shutting
    /// down waits for it.
    pub fn background<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let busy = self.shutdown.busy();
        let context = Context::new().with_value(self.shutdown.clone());
        tokio::spawn(
            async move {
                task.await;
                drop(busy);
            }
            .with_context(context),
        );
    }

    /// Serves until it is told to go: opens the database, prints the ready line, answers, drains, flushes.
    ///
    /// Adds `/livez` and `/readyz`, and to every route: a server span, the deadline, the limits, the baggage. Routes under
    /// `/control/` have none of these, and need the bearer token of the run; `/control/faults` is one, where faults are set
    /// for a time. Unknown routes are answered 404.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened.
    pub fn serve(self, routes: Router) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(async move {
            if let Some(database) = &self.database {
                database.connect().await?;
                metrics::observe_pool(self.name, database.clone());
            }
            let token = std::env::var("FAULTMART_TOKEN")
                .ok()
                .filter(|token| !token.is_empty());
            let router = server::router(
                Server {
                    name: self.name,
                    address: self.address,
                    request_timeout: self.options.request_timeout,
                    slots: Semaphore::new(self.options.concurrency as usize),
                    token,
                    shutdown: self.shutdown.clone(),
                    database: self.database.clone(),
                    windows: self.windows.clone(),
                    workers: Workers::default(),
                },
                routes,
            );
            self.announce();
            let late = (self.options.warm_up > 0).then(Late::now);
            accept(&self.listener, router, &self.shutdown, late).await;
            self.go().await;
            Ok(())
        })
    }

    /// The ready line: the only thing that is ever written to standard output.
    fn announce(&self) {
        tracing::info!(address = %self.address, "ready");
        let line = format!(r#"{{"ready":"{}","address":"{}"}}"#, self.name, self.address);
        let mut output = std::io::stdout().lock();
        // Who does not read it does not need it.
        let _ = writeln!(output, "{line}").and_then(|()| output.flush());
    }

    async fn go(self) {
        if restart::is_to_follow() {
            // The socket stays open, also across the start of what follows.
            let _ = self.listener.into_std().map(IntoRawFd::into_raw_fd);
        } else {
            drop(self.listener);
        }
        let unfinished = self.shutdown.drained(DRAIN).await;
        if unfinished > 0 {
            tracing::warn!(unfinished, "gave up on requests that did not end in time");
        }
        if let Some(database) = &self.database {
            let _ = tokio::time::timeout(Duration::from_secs(1), database.close()).await;
        }
        let telemetry = self.telemetry;
        // Both block, and neither may do so on the runtime's threads.
        let (referee, telemetry) = tokio::join!(
            tokio::task::spawn_blocking(|| crate::referee::flush(REFEREE)),
            tokio::task::spawn_blocking(move || telemetry.shutdown()),
        );
        if let Ok(lost @ 1..) = referee {
            tracing::error!(lost, "the referee was not told everything");
        }
        drop(telemetry);
    }
}

async fn accept(listener: &TcpListener, router: Router, shutdown: &Shutdown, late: Option<Late>) {
    while let Some(accepted) = shutdown.unless(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let waited = late.and_then(|late| late.kept_waiting(&stream));
                tokio::spawn(connection::serve(
                    stream,
                    waited,
                    router.clone(),
                    shutdown.clone(),
                    Patience::default(),
                ));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Runs an instrumented service on a runtime of its own, from start to end: what `faultmart serve NAME` calls.
///
/// # Errors
///
/// The [`Failure`] of the start, or what `serve` returns.
pub fn run<S, F>(name: &'static str, options: &Options, serve: S) -> Result<(), Failure>
where
    S: FnOnce(Service) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    serve_until_told(
        Service::start(name, options),
        Box::new(|service| Box::pin(serve(service))),
    )?;
    restart::follow()
}

/// The same for a party that is not instrumented.
///
/// # Errors
///
/// The [`Failure`] of the start, or what `serve` returns.
pub fn run_uninstrumented<S, F>(name: &'static str, options: &Options, serve: S) -> Result<(), Failure>
where
    S: FnOnce(Service) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    serve_until_told(
        Service::start_uninstrumented(name, options),
        Box::new(|service| Box::pin(serve(service))),
    )
}

type Serve<'a> = Box<dyn FnOnce(Service) -> LocalBoxFuture<'a, Result<(), Failure>> + 'a>;

fn serve_until_told(start: BoxFuture<'_, Result<Service, Failure>>, serve: Serve<'_>) -> Result<(), Failure> {
    runtime()?.block_on(async { serve(start.await?).await })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(|error| Failure::not_carried_out(format!("cannot start the runtime: {error}")))
}
