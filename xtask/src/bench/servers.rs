//! The servers between which things are measured: nginx as the target that costs least, toxiproxy and the wire before it;
//! the lab and Jaeger, which take spans.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::http::Connection;
use super::machine::free_address;
use crate::process::Process;

/// How long a server may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running server.
pub struct Server {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until something listens at the address that it was told.
    fn start(command: Command, address: SocketAddr) -> Result<Self, String> {
        let process = Process::start(command)?;
        let mut server = Self { process, address };
        server.await_listener(address)?;
        Ok(server)
    }

    /// Waits until something listens there.
    fn await_listener(&mut self, address: SocketAddr) -> Result<(), String> {
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(address).is_err() {
            self.process.check_running()?;
            if Instant::now() > deadline {
                return Err(format!(
                    "nothing answers at {address} within {} s",
                    READY_WITHIN.as_secs()
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// nginx, one process, that answers 200 to everything, with a folder of its own for what it writes.
pub fn nginx(program: &Path, folder: &Path) -> Result<Server, String> {
    let address = free_address()?;
    let prefix = folder.join(format!("nginx-{}", address.port()));
    let configuration = format!(
        "daemon off;\nmaster_process off;\npid pid;\nerror_log stderr error;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n\
         access_log off;\nkeepalive_requests 1000000000;\nclient_max_body_size 0;\n\
         client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n\
         server {{ listen {address}; location / {{ return 200; }} }}\n\
         }}\n"
    );
    fs::create_dir_all(&prefix)
        .and_then(|()| fs::write(prefix.join("nginx.conf"), configuration))
        .map_err(|error| format!("{}: {error}", prefix.display()))?;
    let mut command = Command::new(program);
    command
        .arg("-p")
        .arg(&prefix)
        .args(["-e", "stderr", "-c", "nginx.conf"]);
    Server::start(command, address)
}

/// toxiproxy before a server: with a delay of the answers in milliseconds, or without.
pub fn toxiproxy(program: &Path, upstream: SocketAddr, delay_ms: Option<u32>) -> Result<Server, String> {
    let (control, address) = (free_address()?, free_address()?);
    let mut command = Command::new(program);
    command
        .args(["-host", "127.0.0.1", "-port", &control.port().to_string()])
        .env("LOG_LEVEL", "error");
    let server = Server::start(command, control)?;
    let mut control = Connection::open(control)?;
    control.post(
        "/proxies",
        &format!(r#"{{"name":"bench","listen":"{address}","upstream":"{upstream}","enabled":true}}"#),
    )?;
    if let Some(delay) = delay_ms {
        control.post(
            "/proxies/bench/toxics",
            &format!(
                r#"{{"type":"latency","stream":"downstream","attributes":{{"latency":{delay},"jitter":0}}}}"#
            ),
        )?;
    }
    Ok(Server {
        process: server.process,
        address,
    })
}

/// Our wire before a server.
pub fn wire(mut faultmart: Command, upstream: SocketAddr) -> Result<Server, String> {
    let address = free_address()?;
    faultmart.args([
        "serve",
        "wire",
        "--edge",
        &format!("client->gateway,{address},{upstream}"),
    ]);
    Server::start(faultmart, address)
}

/// A server that takes spans and gives them back.
pub struct Backend {
    /// The process, with the address where it answers questions.
    pub server: Server,
    /// Where it takes OTLP over HTTP.
    pub http: SocketAddr,
    /// Where it takes OTLP over gRPC.
    pub grpc: SocketAddr,
    /// What stands before Jaeger's routes.
    pub jaeger: &'static str,
}

/// Our lab, with room for all that is sent.
pub fn lab(mut faultmart: Command) -> Result<Backend, String> {
    let (http, grpc, page) = (free_address()?, free_address()?, free_address()?);
    for (option, address) in [
        ("--listen-otlp-http", http),
        ("--listen-otlp-grpc", grpc),
        ("--listen-page", page),
    ] {
        faultmart.args([option, &address.to_string()]);
    }
    faultmart.args(["--memory", "2GiB"]);
    Ok(Backend {
        server: Server::start(faultmart, page)?,
        http,
        grpc,
        jaeger: "/jaeger",
    })
}

/// Jaeger with its store in memory, and room for all that is sent.
pub fn jaeger(program: &Path, folder: &Path) -> Result<Backend, String> {
    let (http, grpc, page, page_grpc) = (free_address()?, free_address()?, free_address()?, free_address()?);
    let configuration = format!(
        "service:\n\
         \x20 extensions: [jaeger_storage, jaeger_query]\n\
         \x20 pipelines:\n\
         \x20   traces: {{ receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter] }}\n\
         \x20 telemetry: {{ logs: {{ level: error }}, metrics: {{ level: none }} }}\n\
         extensions:\n\
         \x20 jaeger_storage: {{ backends: {{ mem: {{ memory: {{ max_traces: 1000000 }} }} }} }}\n\
         \x20 jaeger_query:\n\
         \x20   storage: {{ traces: mem }}\n\
         \x20   http: {{ endpoint: '{page}' }}\n\
         \x20   grpc: {{ endpoint: '{page_grpc}' }}\n\
         receivers:\n\
         \x20 otlp: {{ protocols: {{ http: {{ endpoint: '{http}' }}, grpc: {{ endpoint: '{grpc}' }} }} }}\n\
         processors: {{ batch: {{}} }}\n\
         exporters: {{ jaeger_storage_exporter: {{ trace_storage: mem }} }}\n"
    );
    let path = folder.join(format!("jaeger-{}.yaml", page.port()));
    fs::write(&path, configuration).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut command = Command::new(program);
    command.arg("--config").arg(&path);
    let mut server = Server::start(command, page)?;
    // Its receivers come up in no particular order.
    server.await_listener(http)?;
    server.await_listener(grpc)?;
    Ok(Backend {
        server,
        http,
        grpc,
        jaeger: "",
    })
}
