//! What the tests share: the binary in a folder of its own, and a run's results.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::turns::Turn;

/// No test may take longer; a test that waits for a state fails here instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A folder in which the binary runs, removed afterwards.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, to be run in this folder; all tests share one seed cache.
    pub fn faultmart(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faultmart"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env(
                "FAULTMART_CACHE",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("seed-cache"),
            )
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for name in [
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_PROPAGATORS",
            "OTEL_SDK_DISABLED",
            "OTEL_TRACES_SAMPLER",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Writes a scenario file and gives its name.
    pub fn scenario(&self, text: &str) -> &'static str {
        fs::write(self.path().join("scenario.yaml"), text).expect("the scenario is written");
        "scenario.yaml"
    }

    /// Runs a scenario to its end.
    pub fn run(&self, text: &str, more: &[&str]) -> Run {
        self.run_into("out", text, more)
    }

    /// Runs a scenario to its end, into that folder.
    pub fn run_into(&self, out: &str, text: &str, more: &[&str]) -> Run {
        let more: Vec<String> = more.iter().map(|&argument| argument.to_owned()).collect();
        self.run_named(out, self.scenario(text), &more)
    }

    /// Runs a scenario of the catalogue, or a file, to its end, into that folder.
    pub fn run_named(&self, out: &str, scenario: &str, more: &[String]) -> Run {
        self.finish_run(out, self.run_command(out, scenario, more))
    }

    /// Waits for a turn beside others and then for the end of a run with its results in that folder.
    pub fn finish_run(&self, out: &str, command: Command) -> Run {
        let _turn = Turn::beside_others();
        Run::new(finish(command), self.path().join(out))
    }

    /// Runs a scenario to its end while no other run goes on, for tests that compare how long something took.
    pub fn run_alone(&self, text: &str, more: &[String]) -> Run {
        self.run_named_alone("out", self.scenario(text), more)
    }

    /// Runs a scenario of the catalogue, or a file, to its end, into that folder, while no other run goes on.
    pub fn run_named_alone(&self, out: &str, scenario: &str, more: &[String]) -> Run {
        let command = self.run_command(out, scenario, more);
        let _turn = Turn::alone();
        Run::new(finish(command), self.path().join(out))
    }

    fn run_command(&self, out: &str, scenario: &str, more: &[String]) -> Command {
        let mut arguments = vec!["run", scenario, "--format", "json", "--out", out];
        arguments.extend(more.iter().map(String::as_str));
        self.faultmart(&arguments)
    }
}

/// The databases to test on, as further arguments of a run.
pub fn databases() -> Vec<Vec<String>> {
    let mut databases = vec![vec![]];
    match std::env::var("FAULTMART_TEST_POSTGRES") {
        Ok(url) => databases.push(vec!["--database".to_owned(), url]),
        Err(_) => eprintln!("skipped: PostgreSQL (FAULTMART_TEST_POSTGRES is not set)"),
    }
    databases
}

/// The PostgreSQL server to test on, if there is one.
pub fn postgres() -> Option<String> {
    let url = std::env::var("FAULTMART_TEST_POSTGRES").ok();
    if url.is_none() {
        eprintln!("skipped: FAULTMART_TEST_POSTGRES is not set");
    }
    url
}

/// The results of a run.
pub struct Run {
    pub output: Output,
    pub summary: Value,
    pub folder: PathBuf,
}

impl Run {
    pub fn new(output: Output, folder: PathBuf) -> Self {
        let summary = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Self {
            output,
            summary,
            folder,
        }
    }

    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// A number in the summary, by JSON pointer.
    pub fn number(&self, pointer: &str) -> f64 {
        let value = self.summary.pointer(pointer).and_then(Value::as_f64);
        value.unwrap_or_else(|| panic!("no number at {pointer} in {:#}\n{}", self.summary, self.errors()))
    }

    /// The figures of a journey's cohort.
    pub fn journey(&self, journey: &str, cohort: &str) -> &Value {
        let all = self.summary.pointer("/load/journeys").and_then(Value::as_array);
        all.into_iter()
            .flatten()
            .find(|figures| figures["journey"] == journey && figures["cohort"] == cohort)
            .unwrap_or_else(|| panic!("no {journey}, {cohort} in {:#}\n{}", self.summary, self.errors()))
    }

    /// The median latency from schedule of a journey's cohort, in milliseconds.
    pub fn median_ms(&self, journey: &str, cohort: &str) -> f64 {
        self.journey(journey, cohort)["latency_from_schedule_ms"]["p50"]
            .as_f64()
            .expect("a median")
    }

    /// Everything adds up: what must be 0 in every run whatever it shows.
    pub fn assert_accounted(&self) {
        let summary = &self.summary;
        let load = |name: &str| self.number(&format!("/load/{name}"));
        assert_eq!(
            load("planned"),
            load("started") + load("dropped") + load("not_reached"),
            "{summary:#}"
        );
        assert_eq!(
            load("started"),
            load("completed") + load("failed") + load("aborted"),
            "{summary:#}"
        );
        assert_eq!(
            self.number("/spans/unaccounted"),
            0.0,
            "{summary:#}\n{}",
            self.errors()
        );
        for fault in summary["faults"].as_array().expect("faults") {
            assert_eq!(fault["missed"], 0, "{fault:#}\n{}", self.errors());
            assert_eq!(fault["unplanned"], 0, "{fault:#}\n{}", self.errors());
            let sum = ["applied", "prevented", "missed"].map(|name| fault[name].as_u64().expect("a count"));
            assert_eq!(fault["intended"].as_u64(), Some(sum.iter().sum()), "{fault:#}");
        }
    }

    /// The lines of a JSON-lines file in the run's folder, decompressed where its name says so.
    pub fn lines(&self, name: &str) -> Vec<Value> {
        let bytes = fs::read(self.folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = if name.ends_with(".zst") {
            zstd::decode_all(bytes.as_slice()).expect("zstd")
        } else {
            bytes
        };
        String::from_utf8(bytes)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}")))
            .collect()
    }
}

/// The spans of a recorded batch.
pub fn spans_of(batch: &Value) -> Vec<&Value> {
    batch["resourceSpans"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten())
        .flat_map(|scope| scope["spans"].as_array().into_iter().flatten())
        .collect()
}

/// Runs a command to its end, killing it if it takes longer than any test may.
pub fn finish(command: Command) -> Output {
    wait(start(command))
}

/// Starts a command with its output captured.
pub fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// Waits for the end of a command.
pub fn wait(mut child: Child) -> Output {
    // Both streams are read to their end on threads, so that a full pipe never blocks the child.
    let stdout = read_all(child.stdout.take().expect("stdout is captured"));
    let stderr = read_all(child.stderr.take().expect("stderr is captured"));
    let status = until("the command ends", || {
        child.try_wait().expect("the child can be waited for")
    });
    Output {
        status,
        stdout: stdout.join().expect("stdout"),
        stderr: stderr.join().expect("stderr"),
    }
}

fn read_all(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

/// Asks again and again until there is an answer; the pause only keeps the asking cheap.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "{what}: not within {} s",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal to a process of the test's own.
pub fn signal_process(process: u32, name: &str) {
    let mut command = Command::new("kill");
    command.args([format!("-{name}"), process.to_string()]);
    assert!(finish(command).status.success());
}

/// The process of that part of a run in the folder, once it is there.
pub fn part_of(folder: &Path, part: &str) -> Option<u32> {
    let marker = format!("\0serve\0{part}\0");
    fs::read_dir("/proc").expect("/proc").flatten().find_map(|entry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        let arguments = fs::read(entry.path().join("cmdline")).ok()?;
        let directory = fs::read_link(entry.path().join("cwd")).ok()?;
        let is_it = String::from_utf8_lossy(&arguments).contains(&marker) && directory.starts_with(folder);
        is_it.then_some(process)
    })
}

/// Processes whose command line or environment mentions the folder: what a run has left behind.
pub fn processes_of(folder: &Path) -> Vec<String> {
    let needle = folder.to_str().expect("a path in UTF-8");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let directory = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let mentions = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(needle);
        let ours = String::from_utf8_lossy(&arguments).contains("faultmart");
        if ours && (mentions(&arguments) || mentions(&environment) || directory.starts_with(folder)) {
            found.push(String::from_utf8_lossy(&arguments).replace('\0', " "));
        }
    }
    found
}
