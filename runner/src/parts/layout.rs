//! Who listens where and who calls whom: the recipe of every part, from the edges of the shop.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use faults::routes::EDGES;
use reqwest::Url;
use scenarios::model::Shop;

use super::Socket;
use super::process::Recipe;
use crate::Failure;

/// The services that are instrumented, callees before their callers.
pub const SERVICES: [&str; 5] = ["users", "catalog", "orders", "fulfilment", "gateway"];
/// Where the services themselves listen, behind the wire, from the first port on: for their control endpoints.
const OWN_PORTS: [(u16, &str); 5] = [
    (1, "gateway"),
    (2, "users"),
    (3, "catalog"),
    (4, "orders"),
    (5, "fulfilment"),
];
/// The wire's control endpoint, from the first port on.
const WIRE_PORT: u16 = 90;
/// Those of them that have a database.
const WITH_DATABASE: [&str; 4] = ["users", "catalog", "orders", "fulfilment"];

/// Which database the shop runs on.
#[derive(Debug, Clone)]
pub enum DatabaseChoice {
    /// A file for each service, in this folder.
    Sqlite(PathBuf),
    /// A server, with a schema for each service.
    Postgres(Url),
}

/// Which ports the parts take.
#[derive(Debug, Clone, Copy)]
pub enum Ports {
    /// Whatever is free.
    Free,
    /// The public ones from this number on, the others free.
    From(u16),
}

impl Ports {
    fn public(self, offset: u16) -> Result<u16, Failure> {
        match self {
            Self::Free => Ok(0),
            Self::From(base) => base.checked_add(offset).ok_or_else(|| {
                Failure::input(format!(
                    "`--port-base {base}` leaves no room for the ports above it"
                ))
                .help("the highest that works is 65000")
            }),
        }
    }
}

/// What all parts are told.
#[derive(Debug, Clone)]
pub struct Common<'a> {
    /// The scenario's seed.
    pub seed: u64,
    /// The scenario's scale.
    pub shop: Shop,
    /// Where the data is.
    pub database: &'a DatabaseChoice,
    /// Where applied faults are told.
    pub referee: &'a str,
    /// Opens the control endpoints and the referee.
    pub token: &'a str,
    /// Where counter files, sockets and databases go.
    pub scratch: &'a Path,
    /// Where log lines go.
    pub log: &'a Path,
    /// The lab's options.
    pub lab: &'a [String],
}

/// Where everything listens, and the recipes to start it.
#[derive(Debug)]
pub struct Layout {
    /// The wire's listener in front of the gateway.
    pub gateway: SocketAddr,
    /// The lab's page and query routes.
    pub page: SocketAddr,
    /// OTLP over HTTP.
    pub otlp_http: SocketAddr,
    /// OTLP over gRPC.
    pub otlp_grpc: SocketAddr,
    /// The wire's control endpoint.
    pub wire_control: SocketAddr,
    /// The services themselves, not through the wire: for their control endpoints.
    pub services: BTreeMap<&'static str, SocketAddr>,
    /// The parts to start.
    pub recipes: Vec<Recipe>,
}

impl Layout {
    /// Binds every socket and writes every part's recipe.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when a port is in use or the database's address does not resolve.
    pub fn new(ports: Ports, common: &Common<'_>) -> Result<Self, Failure> {
        let front = Socket::bind(ports.public(0)?)?;
        let otlp_grpc = Socket::bind(ports.public(17)?)?;
        let otlp_http = Socket::bind(ports.public(18)?)?;
        let page = Socket::bind(ports.public(80)?)?;
        let control = Socket::bind(ports.public(WIRE_PORT)?)?;
        let mut own = BTreeMap::new();
        for (offset, name) in OWN_PORTS {
            own.insert(name, Socket::bind(ports.public(offset)?)?);
        }
        own.insert("payments", Socket::bind(0)?);
        let services: BTreeMap<&'static str, SocketAddr> = own
            .iter()
            .map(|(name, socket)| (*name, socket.address()))
            .collect();

        let (gateway, wire_control) = (front.address(), control.address());
        let mut edges = Edges::new(common, control);
        edges.add("client->gateway", front, services["gateway"], "");
        for (caller, callee) in EDGES.iter().filter_map(|edge| edge.split_once("->")) {
            if let Some(&upstream) = services.get(callee).filter(|_| caller != "client") {
                let socket = Socket::bind(0)?;
                edges
                    .calls
                    .entry(caller.to_owned())
                    .or_default()
                    .push((callee.to_owned(), socket.url()));
                edges.add(&format!("{caller}->{callee}"), socket, upstream, "");
            }
        }
        let mut recipes = Vec::new();
        let telemetry = format!("http://{}", otlp_http.address());
        let addresses = (page.address(), otlp_http.address(), otlp_grpc.address());
        for (name, socket) in own {
            recipes.push(service(name, socket, common, &mut edges, &telemetry)?);
        }
        recipes.push(edges.recipe);
        recipes.push(lab(common, page, otlp_http, otlp_grpc));
        let (page, otlp_http, otlp_grpc) = addresses;
        Ok(Self {
            gateway,
            page,
            otlp_http,
            otlp_grpc,
            wire_control,
            services,
            recipes,
        })
    }

    /// The counter file of an instrumented service.
    #[must_use]
    pub fn counters(scratch: &Path, service: &str) -> PathBuf {
        scratch.join(format!("{service}.counters"))
    }
}

/// The wire's recipe as it grows, and whom each service reaches under which address.
struct Edges {
    recipe: Recipe,
    calls: BTreeMap<String, Vec<(String, String)>>,
}

impl Edges {
    fn new(common: &Common<'_>, control: Socket) -> Self {
        let mut recipe = plain("wire", common);
        recipe
            .arguments
            .extend(["--seed".into(), common.seed.to_string()]);
        let distance = format!("{}us", common.shop.distance.as_micros());
        recipe.arguments.extend(["--distance".into(), distance]);
        recipe
            .arguments
            .extend(["--control-listen".into(), control.argument()]);
        recipe.sockets.push(control);
        Self {
            recipe,
            calls: BTreeMap::new(),
        }
    }

    fn add(&mut self, edge: &str, socket: Socket, upstream: SocketAddr, suffix: &str) {
        let argument = format!("{edge},{},{upstream}{suffix}", socket.argument());
        self.recipe.arguments.extend(["--edge".into(), argument]);
        self.recipe.sockets.push(socket);
    }
}

fn service(
    name: &'static str,
    socket: Socket,
    common: &Common<'_>,
    edges: &mut Edges,
    telemetry: &str,
) -> Result<Recipe, Failure> {
    let mut recipe = plain(name, common);
    let mut option = |option: &str, value: String| recipe.arguments.extend([option.to_owned(), value]);
    option("--listen", socket.argument());
    option("--seed", common.seed.to_string());
    if name != "payments" {
        option("--users", common.shop.users.to_string());
        option("--products", common.shop.products.to_string());
        option("--orders", common.shop.orders.to_string());
    }
    for (callee, url) in edges.calls.remove(name).unwrap_or_default() {
        option("--upstream", format!("{callee}={url}"));
    }
    if WITH_DATABASE.contains(&name) {
        option("--database", database(name, common.database, edges)?);
    }
    recipe.sockets.push(socket);
    if SERVICES.contains(&name) {
        recipe.environment.push((
            "FAULTMART_COUNTERS",
            Layout::counters(common.scratch, name).into(),
        ));
        recipe
            .environment
            .push(("OTEL_EXPORTER_OTLP_ENDPOINT", telemetry.into()));
        recipe
            .environment
            .push(("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf".into()));
    }
    Ok(recipe)
}

/// What to tell a service of its database; a server's port is crossed through the wire, as every hop is.
fn database(name: &str, choice: &DatabaseChoice, edges: &mut Edges) -> Result<String, Failure> {
    let url = match choice {
        DatabaseChoice::Sqlite(folder) => return Ok(format!("sqlite:{}", folder.display())),
        DatabaseChoice::Postgres(url) => url,
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        // A server behind a Unix socket has no port that a wire could stand before.
        return Ok(url.to_string());
    };
    let upstream = (host.trim_matches(['[', ']']), url.port().unwrap_or(5432))
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| {
            Failure::run(format!("the database's host `{host}` is not known"))
                .help("check `--database postgres://USER:PASSWORD@HOST:PORT/NAME`")
        })?;
    let socket = Socket::bind(0)?;
    let mut through_wire = url.clone();
    let moved = through_wire.set_host(Some("127.0.0.1")).is_ok()
        && through_wire.set_port(Some(socket.address().port())).is_ok();
    if !moved {
        return Err(Failure::input(format!(
            "`--database {url}` has no host and port that can be replaced"
        )));
    }
    edges.add(&format!("{name}->database"), socket, upstream, ",tcp");
    Ok(through_wire.to_string())
}

fn lab(common: &Common<'_>, page: Socket, otlp_http: Socket, otlp_grpc: Socket) -> Recipe {
    let mut recipe = plain("lab", common);
    for (option, socket) in [
        ("--listen-page", page),
        ("--listen-otlp-http", otlp_http),
        ("--listen-otlp-grpc", otlp_grpc),
    ] {
        recipe.arguments.extend([option.to_owned(), socket.argument()]);
        recipe.sockets.push(socket);
    }
    recipe.arguments.extend(common.lab.iter().cloned());
    recipe
}

fn plain(name: &'static str, common: &Common<'_>) -> Recipe {
    Recipe {
        name,
        arguments: Vec::new(),
        environment: vec![
            ("FAULTMART_REFEREE", common.referee.into()),
            ("FAULTMART_TOKEN", common.token.into()),
        ],
        sockets: Vec::new(),
        log: common.log.to_path_buf(),
    }
}
