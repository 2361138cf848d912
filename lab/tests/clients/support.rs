//! What the tests share: the lab as a process, and the clients' programs.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message as _;
use reqwest::blocking::Client;
use serde_json::Value as Json;
use trace::Span;

/// No test may take longer; one that waits for a state fails here instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where the clients' programs are.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// What an environment variable points to, or nothing, said in so many words.
pub fn given(name: &str, what: &str) -> Option<PathBuf> {
    let given = std::env::var_os(name).map(PathBuf::from);
    if given.is_none() {
        eprintln!("skipped: {what} ({name} is not set; `cargo xtask test` installs it)");
    }
    given
}

/// A program in Python, to be run with one argument or none.
pub fn python(name: &str) -> Option<Command> {
    let mut command = Command::new(given("FAULTMART_TEST_PYTHON", "clients in Python")?);
    command.arg("-B").arg(programs().join("python").join(name));
    Some(clean(command))
}

/// A program in JavaScript.
pub fn javascript(name: &str) -> Option<Command> {
    let modules = given("FAULTMART_TEST_NODE_MODULES", "clients in JavaScript")?;
    let mut command = clean(Command::new("node"));
    command
        .arg(programs().join("javascript").join(name))
        .env("NODE_MODULES", modules);
    Some(command)
}

/// Nothing of this process's environment may change what a client does.
fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["OTEL_", "JAEGER_", "AWS_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
            || text.to_ascii_lowercase().ends_with("_proxy")
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a program to its end and gives the JSON that it prints.
pub fn run(command: &mut Command) -> Json {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("the program starts");
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child of ours").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("its output");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{errors}",
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{command:?}: {error}: {text}\n{errors}"))
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    options: lab::Options,
}

const ARGUMENTS: &str = "LAB_TEST_ARGUMENTS";

/// Not a test: what the lab's process runs.
#[test]
#[ignore = "the lab itself, started by the tests"]
fn the_lab() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else {
        return;
    };
    let Arguments { options } = clap::Parser::parse_from(arguments.split('\n'));
    lab::run(options).unwrap_or_else(|failure| panic!("{failure}"));
}

/// A lab that takes every protocol, on free ports; ended when dropped.
pub struct Lab {
    child: Child,
    ready: Json,
    client: Client,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lab {
    pub fn start() -> Self {
        Self::start_at(&[])
    }

    /// Starts a lab with some of its options given.
    pub fn start_at(given: &[&str]) -> Self {
        let names = [
            "otlp-http",
            "otlp-grpc",
            "page",
            "zipkin",
            "jaeger-http",
            "jaeger-compact",
            "jaeger-binary",
            "xray",
        ];
        let free = names
            .map(|name| format!("--listen-{name}"))
            .into_iter()
            .filter(|option| !given.iter().any(|it| it.starts_with(&format!("{option}="))))
            .map(|option| format!("{option}=127.0.0.1:0"));
        let arguments: Vec<String> = ["lab", "--exit-on-stdin-close"]
            .iter()
            .chain(given)
            .map(|&argument| argument.to_owned())
            .chain(free)
            .collect();
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args([
                "support::the_lab",
                "--exact",
                "--ignored",
                "--nocapture",
                "--quiet",
            ])
            .env(ARGUMENTS, arguments.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the lab starts");
        // What runs the tests has said something of its own before.
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines
            .map_while(Result::ok)
            .find_map(|line| serde_json::from_str(&line).ok());
        Self {
            child,
            ready: ready.expect("the ready line"),
            client: Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .expect("a client"),
        }
    }

    /// Where it listens, by the name in its ready line.
    pub fn address(&self, name: &str) -> SocketAddr {
        let text = self.ready[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.ready));
        text.parse().expect("an address")
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}", self.address(name))
    }

    /// The spans of a trace, once there are this many of them.
    pub fn spans(&self, trace_id: &str, count: usize) -> Vec<Span> {
        let url = format!("{}/lab/traces/{trace_id:0>32}", self.url("address"));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.client.get(&url).send().expect("an answer");
            let found = answer.status().is_success();
            let text = answer.bytes().expect("a body");
            if found {
                let groups = trace::otlp::json::read(&text).expect("OTLP JSON");
                let decoded = trace::otlp::decode::Decoder::new().decode(groups);
                assert!(decoded.refused.is_empty());
                if decoded.spans.len() >= count {
                    assert_eq!(decoded.spans.len(), count, "{:#?}", decoded.spans);
                    return decoded.spans;
                }
            }
            assert!(
                Instant::now() < deadline,
                "{}\n{}",
                String::from_utf8_lossy(&text),
                self.counts()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends these as OTLP.
    pub fn send(&self, spans: &[Span]) {
        post(
            &self.client,
            &format!("{}/v1/traces", self.url("otlp_http")),
            spans,
        );
    }

    /// What `/lab/spans` says.
    pub fn counts(&self) -> Json {
        let answer = self
            .client
            .get(format!("{}/lab/spans", self.url("address")))
            .send();
        let text = answer.expect("an answer").text().expect("text");
        serde_json::from_str(&text).expect("JSON")
    }
}

/// Posts spans as OTLP to whoever takes them.
pub fn post<'a>(client: &Client, url: &str, spans: impl IntoIterator<Item = &'a Span>) {
    let body = trace::otlp::encode::request(spans).encode_to_vec();
    let request = client.post(url).body(body);
    let answer = request.header("content-type", "application/x-protobuf").send();
    let status = answer.expect("an answer").status();
    assert!(status.is_success(), "{url}: {status}");
}

/// An address that was free a moment ago, for what cannot say which one it took.
pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}

/// Waits for a state.
pub fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < deadline, "{what}, in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The span of this name.
pub fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}
