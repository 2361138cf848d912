//! Load generators, ours and others', each asking one server over 32 connections for a few seconds.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;

/// How long each asks.
pub const SECONDS: u32 = 3;
/// How many connections each has.
pub const CONNECTIONS: u32 = 32;
/// How long a generator may take altogether.
const AT_MOST: Duration = Duration::from_secs(30);

/// What a generator did.
pub struct Sent {
    /// Requests that were answered 200.
    pub requests: f64,
    /// The processor time of the generator's process, from its start to its end.
    pub cpu_seconds: f64,
}

impl Sent {
    /// What the generator gets out of a second of one processor.
    pub fn per_cpu_second(&self) -> f64 {
        self.requests / self.cpu_seconds
    }
}

/// wrk, on one thread.
pub fn wrk(program: &Path, to: SocketAddr) -> Result<Sent, String> {
    let mut command = Command::new(program);
    command.args([
        "-t1",
        &format!("-c{CONNECTIONS}"),
        &format!("-d{SECONDS}s"),
        &format!("http://{to}/"),
    ]);
    let (text, cpu_seconds) = run(command, "wrk")?;
    if let Some(wrong) = text
        .lines()
        .find(|line| line.contains("Non-2xx") || line.contains("Socket errors"))
    {
        return Err(format!("wrk: {}", wrong.trim()));
    }
    let requests = text
        .lines()
        .find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    let requests = requests.ok_or_else(|| format!("wrk printed no count of requests: {text}"))?;
    Ok(Sent {
        requests,
        cpu_seconds,
    })
}

/// oha.
pub fn oha(program: &Path, to: SocketAddr) -> Result<Sent, String> {
    let mut command = Command::new(program);
    command
        .args(["-c", &CONNECTIONS.to_string(), "-z", &format!("{SECONDS}s")])
        .args(["--no-tui", "--output-format", "json", &format!("http://{to}/")]);
    let (text, cpu_seconds) = run(command, "oha")?;
    Ok(Sent {
        requests: number(&json(&text, "oha")?, "/statusCodeDistribution/200", "oha")?,
        cpu_seconds,
    })
}

/// k6, with a script that does nothing but ask, and without reading bodies.
pub fn k6(program: &Path, folder: &Path, to: SocketAddr) -> Result<Sent, String> {
    let script = folder.join("k6.js");
    let text = format!(
        "import http from 'k6/http';\n\
         export const options = {{ vus: {CONNECTIONS}, duration: '{SECONDS}s', discardResponseBodies: true }};\n\
         export default function () {{ http.get('http://{to}/'); }}\n\
         export function handleSummary(data) {{ return {{ stdout: JSON.stringify(data.metrics) }}; }}\n"
    );
    std::fs::write(&script, text).map_err(|error| format!("{}: {error}", script.display()))?;
    let mut command = Command::new(program);
    command.args(["run", "--quiet", "--no-usage-report"]).arg(script);
    let (text, cpu_seconds) = run(command, "k6")?;
    let metrics = json(&text, "k6")?;
    let asked = number(&metrics, "/http_reqs/values/count", "k6")?;
    let failed = number(&metrics, "/http_req_failed/values/passes", "k6")?;
    Ok(Sent {
        requests: asked - failed,
        cpu_seconds,
    })
}

/// Ours: `faultmart load … --format json`, given ready to be started; gives its results as well.
pub fn ours(command: Command) -> Result<(Sent, Value), String> {
    let (text, cpu_seconds) = run(command, "faultmart load")?;
    let results = json(&text, "faultmart load")?;
    let requests = number(&results, "/load/completed", "faultmart load")?;
    Ok((
        Sent {
            requests,
            cpu_seconds,
        },
        results,
    ))
}

/// A number in somebody's results, by JSON pointer.
pub fn number(results: &Value, pointer: &str, whose: &str) -> Result<f64, String> {
    results
        .pointer(pointer)
        .and_then(Value::as_f64)
        .ok_or_else(|| format!("{whose} printed no number at {pointer}: {results}"))
}

fn run(command: Command, name: &str) -> Result<(String, f64), String> {
    let finished = Process::start(command)?.wait(AT_MOST)?.success(name)?;
    Ok((finished.stdout, finished.cpu_seconds))
}

fn json(text: &str, whose: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{whose} printed no JSON: {error}: {text}"))
}
