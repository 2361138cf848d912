//! The lab from start to end: bind, serve, say that it is ready, and stop in order.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::files::{self, TraceFile};
use crate::forward::Forwarder;
use crate::ingest::Lab;
use crate::receive::{LARGEST, Pressure, Receiver, beside, grpc_routes, http_routes};
use crate::record::Recorder;
use crate::serve::{Protocol, raise_descriptor_limit, serve};
use crate::{Alone, Failure, Options, allocator, page, sockets, token};

/// How many bytes all requests under way may hold together: a few of the largest.
const UNDER_WAY: usize = 4 * LARGEST;

/// As what the lab runs.
pub enum As {
    /// A part of a run, which says on one line of JSON that it is ready.
    Part,
    /// By itself: with the files that it opens, and whether it says in JSON where it is.
    Alone(Box<(Alone, Vec<TraceFile>, bool)>),
}

/// Runs the lab until SIGTERM, and then finishes what it has begun.
pub fn run(options: Options) -> Result<(), Failure> {
    run_as(options, As::Part).map(drop)
}

/// Runs the lab as one or the other, and says whether it was Ctrl-C that ended it.
pub fn run_as(options: Options, what: As) -> Result<Interrupted, Failure> {
    allocator::settle();
    let cannot =
        |error: std::io::Error| Failure::execution(format!("cannot start: {error}"), "end some processes");
    if options.exit_on_stdin_close {
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(exit_with_parent)
            .map_err(cannot)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(cannot)?;
    let ended = runtime.block_on(until_stopped(options, what));
    // A question that is still being worked on is asked by nobody any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// Whether Ctrl-C ended it.
pub struct Interrupted(pub bool);

async fn until_stopped(options: Options, what: As) -> Result<Interrupted, Failure> {
    raise_descriptor_limit();
    // From here on a signal is heeded, however early it comes.
    let cannot = |error: std::io::Error| Failure::execution(format!("signals: {error}"), "run it on Unix");
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;

    let otlp_http = sockets::listener(options.listen_otlp_http, "listen-otlp-http")?;
    let otlp_grpc = sockets::listener(options.listen_otlp_grpc, "listen-otlp-grpc")?;
    let page = sockets::listener(options.listen_page, "listen-page")?;
    let recorder = options
        .record
        .as_deref()
        .map(|path| Recorder::start(path, options.record_all))
        .transpose()?;
    let forwarder = options.forward.as_deref().map(Forwarder::start).transpose()?;
    let lab = Arc::new(Lab::new(options.memory, recorder, forwarder));
    let receiver = Receiver {
        lab: Arc::clone(&lab),
        pressure: Pressure::new(UNDER_WAY),
    };

    let (stop, stopped) = watch::channel(false);
    let mut addresses = Vec::new();
    let mut servers = Vec::new();
    let token = match &what {
        As::Alone(alone) => alone.0.token.clone(),
        As::Part => None,
    };
    let token = token.as_deref();
    let beside = beside::start(&options.other_protocols, token, &receiver, &stopped)?;
    servers.extend(beside.tasks);
    for (listener, protocol, router) in [
        (
            page,
            Protocol::Questions,
            page::routes(Arc::clone(&lab), options.drive.as_deref())?,
        ),
        (otlp_http, Protocol::Http1, http_routes(receiver.clone())),
        (otlp_grpc, Protocol::Http2, grpc_routes(receiver)),
    ] {
        let cannot = |error| Failure::execution(format!("cannot listen: {error}"), "try other addresses");
        addresses.push(listener.local_addr().map_err(cannot)?);
        let listener = TcpListener::from_std(listener).map_err(cannot)?;
        let router = token::required(router, token);
        servers.push(tokio::spawn(serve(listener, protocol, router, stopped.clone())));
    }
    match what {
        As::Part => say_ready(&addresses, &beside.addresses),
        As::Alone(alone) => {
            let (alone, files, as_json) = *alone;
            if let [page, http, grpc] = addresses[..] {
                print(&alone.announce(page, http, grpc, &beside.addresses, as_json));
            }
            read_files(files, &lab)?;
        }
    }

    let interrupted = tokio::select! {
        _ = terminate.recv() => false,
        // Ctrl-C reaches all of a terminal's processes; with a parent, it is the parent who says when.
        _ = interrupt.recv(), if !options.exit_on_stdin_close => true,
    };
    let _ = stop.send(true);
    for server in servers {
        let _ = server.await;
    }
    finish(&lab).await?;
    Ok(Interrupted(interrupted))
}

async fn finish(lab: &Arc<Lab>) -> Result<(), Failure> {
    if let Some(forwarder) = &lab.forwarder {
        let report = forwarder.finish().await;
        if let (failed @ 1.., Some(error)) = (report.failed, report.error) {
            log(
                "warning",
                &format!("{failed} requests were not forwarded: {error}"),
            );
        }
    }
    let recorded = Arc::clone(lab);
    let record = tokio::task::spawn_blocking(move || recorded.recorder.as_ref().map(Recorder::finish));
    match record.await {
        Ok(Some(report)) if report.error.is_some() => Err(Failure::execution(
            format!(
                "the record lacks {} spans: {}",
                report.failed,
                report.error.unwrap_or_default()
            ),
            "make room where --record points",
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::execution(
            format!("the record was not finished: {error}"),
            "try again",
        )),
    }
}

/// The one line on standard output. A parent that does not listen any more is no reason to stop.
fn say_ready(addresses: &[SocketAddr], beside: &[(&'static str, SocketAddr)]) {
    let address = |position: usize| addresses.get(position).map(SocketAddr::to_string);
    let mut ready =
        json!({ "ready": "lab", "address": address(0), "otlp_http": address(1), "otlp_grpc": address(2) });
    for (name, address) in beside {
        ready[name] = json!(address.to_string());
    }
    print(&format!("{ready}\n"));
}

fn print(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Reads files on a thread of their own, which the lab does not wait for when it ends.
fn read_files(files: Vec<TraceFile>, lab: &Arc<Lab>) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let lab = Arc::clone(lab);
    let reader = std::thread::Builder::new()
        .name("files".into())
        .spawn(move || files::read_all(files, &lab));
    reader
        .map(drop)
        .map_err(|error| Failure::execution(format!("cannot start: {error}"), "end some processes"))
}

/// Waits for the end of standard input, which comes when the parent is gone.
fn exit_with_parent() {
    let mut bytes = [0; 64];
    let mut input = std::io::stdin();
    loop {
        match input.read(&mut bytes) {
            Ok(0) => std::process::exit(3),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => std::process::exit(3),
        }
    }
}

/// One line of JSON on standard error.
pub fn log(level: &str, message: &str) {
    eprintln!("{}", json!({ "level": level, "part": "lab", "message": message }));
}
