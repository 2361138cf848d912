//! Starts everything, says when it is ready, and stops in good order.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use listen::{Listen, ListenError};
use referee::Referee;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::delay::Delays;
use crate::edge::Edge;
use crate::options::{Options, Protocol};
use crate::strike::Hazards;
use crate::{Failure, control};

/// How long the last events may take to the referee.
const FLUSH: Duration = Duration::from_secs(2);

/// Where everything listens; printed as one line of JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// Always `wire`.
    pub ready: &'static str,
    /// The control endpoint.
    pub address: SocketAddr,
    /// The listener of each edge.
    pub edges: BTreeMap<&'static str, SocketAddr>,
}

/// Runs the wire until SIGTERM or SIGINT. Reads `FAULTMART_REFEREE` and `FAULTMART_TOKEN`.
///
/// # Errors
/// When it cannot listen, or when something fails that it cannot work without.
pub fn run(options: Options) -> Result<(), Failure> {
    if options.exit_on_stdin_close {
        exit_with_parent();
    }
    allow_many_descriptors();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_carried_out(format!("cannot start: {error}")))?;
    let token = std::env::var("FAULTMART_TOKEN")
        .ok()
        .filter(|token| !token.is_empty());
    let referee = Referee::from_environment("wire");
    let result = runtime.block_on(async {
        let stop = stop_on_signal()?;
        serve(options, token, referee.clone(), stop, |ready| {
            let line = serde_json::to_string(&ready).unwrap_or_default();
            // Nobody reads it when the parent is gone, and then standard input says so.
            let _ = writeln!(std::io::stdout(), "{line}");
        })
        .await
    });
    let lost = referee.shutdown(FLUSH);
    if lost > 0 {
        let line = serde_json::json!({ "level": "ERROR", "message": "applied faults were not told to the referee", "lost": lost });
        eprintln!("{line}");
    }
    result
}

/// Serves until `stop` turns true and the messages on their way have ended. Must be called within a Tokio runtime;
/// `ready` is called once, when everything listens.
///
/// # Errors
/// As for [`run`].
pub async fn serve(
    options: Options,
    token: Option<String>,
    referee: Referee,
    mut stop: watch::Receiver<bool>,
    ready: impl FnOnce(Ready),
) -> Result<(), Failure> {
    let delays = Delays::default();
    let control = bind(options.control_listen)?;
    let mut listeners = Vec::new();
    for option in options.edges {
        let listener = bind(option.listen)?;
        let edge = Arc::new(Edge {
            name: option.name,
            protocol: option.protocol,
            upstream: option.upstream,
            limits: options.limits,
            delays: delays.clone(),
            // A client is near, and so is a service's own database.
            distance: if option.name.starts_with("client->") || option.protocol == Protocol::Tcp {
                Duration::ZERO
            } else {
                options.distance
            },
            referee: referee.clone(),
            hazards: Hazards::new(options.seed, option.name),
        });
        listeners.push((edge, listener));
    }
    let edges: Vec<_> = listeners.iter().map(|(edge, _)| edge.clone()).collect();
    refuse_doubles(&edges)?;
    ready(addresses(&control, &listeners)?);

    let mut serving = JoinSet::new();
    for (edge, listener) in listeners {
        serving.spawn(edge.run(listener, stop.clone()));
    }
    let mut timer = tokio::spawn(delays.run());
    let control = tokio::spawn(axum::serve(control, control::router(edges, token)).into_future());
    let failed = tokio::select! {
        _ = stop.wait_for(|stop| *stop) => None,
        ended = &mut timer => Some(Failure::not_carried_out(format!("the timer failed: {ended:?}"))),
    };
    if failed.is_none() {
        while serving.join_next().await.is_some() {}
    }
    timer.abort();
    control.abort();
    failed.map_or(Ok(()), Err)
}

fn addresses(control: &TcpListener, edges: &[(Arc<Edge>, TcpListener)]) -> Result<Ready, Failure> {
    let address = |listener: &TcpListener| {
        listener
            .local_addr()
            .map_err(|error| Failure::not_carried_out(format!("a listening socket has no address: {error}")))
    };
    let mut ready = Ready {
        ready: "wire",
        address: address(control)?,
        edges: BTreeMap::new(),
    };
    for (edge, listener) in edges {
        ready.edges.insert(edge.name, address(listener)?);
    }
    Ok(ready)
}

fn refuse_doubles(edges: &[Arc<Edge>]) -> Result<(), Failure> {
    let mut names = std::collections::BTreeSet::new();
    match edges.iter().find(|edge| !names.insert(edge.name)) {
        None => Ok(()),
        Some(edge) => Err(Failure::input(
            format!("the edge `{}` is given twice", edge.name),
            "give each edge once; one listener serves any number of callers",
        )),
    }
}

/// Turns true on SIGTERM or SIGINT.
fn stop_on_signal() -> Result<watch::Receiver<bool>, Failure> {
    let failed = |error| Failure::not_carried_out(format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        sender.send_replace(true);
        // The receivers are told that nothing more comes when the sender goes; they only ask for the value.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

/// The socket, for tokio. Must be called within a runtime.
fn bind(place: Listen) -> Result<TcpListener, ListenError> {
    TcpListener::from_std(place.bind()?).map_err(ListenError::Unusable)
}

/// The parent holds the other end of standard input; when it is closed, there is nobody left to work for.
fn exit_with_parent() {
    std::thread::spawn(|| {
        let mut input = std::io::stdin().lock();
        let mut ignored = [0; 64];
        loop {
            match input.read(&mut ignored) {
                Ok(count) if count > 0 => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                _ => std::process::exit(0),
            }
        }
    });
}

/// Two descriptors a connection, and a thousand connections an edge, are more than the usual soft limit.
fn allow_many_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it there are fewer connections at once, and the others wait.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
}
