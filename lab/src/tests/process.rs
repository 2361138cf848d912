//! The part as a process: this test binary starts itself again, told to be the lab.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use clap::Parser;
use rustix::process::{Pid, Signal as Kill, kill_process};

use super::*;

#[derive(Parser)]
pub struct Arguments {
    #[command(flatten)]
    pub options: crate::Options,
}

const ARGUMENTS: &str = "LAB_TEST_ARGUMENTS";

/// Not a test: what the child process runs.
#[test]
#[ignore = "the lab itself, started by the tests below"]
fn the_part() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else {
        return;
    };
    let arguments = Arguments::parse_from(std::iter::once("lab").chain(arguments.split('\n')));
    let code = match crate::run(arguments.options) {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.code
        }
    };
    std::process::exit(code.into());
}

struct Part {
    child: Child,
    ready: Json,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args([
        "tests::process::the_part",
        "--exact",
        "--ignored",
        "--nocapture",
        "--quiet",
    ]);
    let places =
        ["--listen-otlp-http", "--listen-otlp-grpc", "--listen-page"].map(|it| format!("{it}=127.0.0.1:0"));
    let all: Vec<&str> = places
        .iter()
        .map(String::as_str)
        .chain(arguments.iter().copied())
        .collect();
    command
        .env(ARGUMENTS, all.join("\n"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start_part(arguments: &[&str]) -> Part {
    let mut child = command(arguments).spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let ready = lines
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_str(&line).ok());
    Part {
        child,
        ready: ready.expect("the ready line"),
    }
}

impl Part {
    fn url(&self, of: &str) -> String {
        format!("http://{}", self.ready[of].as_str().expect("an address"))
    }

    fn wait(&mut self) -> Option<i32> {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().expect("ours") {
                return status.code();
            }
            assert!(std::time::Instant::now() < deadline, "it ends in time");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn terminate(&self) {
        let id = Pid::from_raw(self.child.id().cast_signed()).expect("not zero");
        kill_process(id, Kill::TERM).expect("still there");
    }
}

#[tokio::test]
async fn it_says_when_it_is_ready_and_ends_its_record_when_it_is_told_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("traces.otlp.jsonl.zst");
    let mut part = start_part(&[
        "--record",
        record.to_str().expect("text"),
        "--exit-on-stdin-close",
    ]);
    assert_eq!(part.ready["ready"], "lab");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for trace in 1..=20 {
        let request = client.post(format!("{}/v1/traces", part.url("otlp_http")));
        let request = request.header("content-type", "application/x-protobuf");
        let answer = request
            .body(body(&[span("orders", trace, 1, 0)]))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    let counts: Json = client
        .get(format!("{}/lab/spans", part.url("address")))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(counts["stored"], 20);
    // Connections that are open and idle, or have asked nothing yet, do not hold it up.
    let address = part.ready["otlp_http"].as_str().expect("an address");
    let unused = tokio::net::TcpStream::connect(address).await.expect("listens");
    let mut half = tokio::net::TcpStream::connect(address).await.expect("listens");
    tokio::io::AsyncWriteExt::write_all(&mut half, b"POST /v1/tr")
        .await
        .expect("sent");
    part.terminate();
    let told = std::time::Instant::now();
    assert_eq!(part.wait(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    drop((unused, half));
    let lines =
        trace::otlp::lines::Lines::new(std::fs::File::open(&record).expect("the record")).expect("readable");
    assert_eq!(
        lines.map(|line| line.expect("whole").spans.len()).sum::<usize>(),
        20
    );
}

#[test]
fn it_ends_with_its_parent() {
    let mut part = start_part(&["--exit-on-stdin-close"]);
    drop(part.child.stdin.take());
    part.wait();
}

#[test]
fn a_record_that_fails_is_an_exit_code() {
    let mut part = start_part(&["--record", "/dev/full"]);
    let url = part.url("otlp_http");
    let client = reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let request = client
        .post(format!("{url}/v1/traces"))
        .header("content-type", "application/x-protobuf");
    assert_eq!(
        request
            .body(body(&[span("orders", 1, 1, 0)]))
            .send()
            .expect("an answer")
            .status(),
        200
    );
    part.terminate();
    assert_eq!(part.wait(), Some(3));
}

#[test]
fn what_cannot_be_is_said_with_an_exit_code() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = format!("--listen-page={}", taken.local_addr().expect("bound"));
    for (arguments, code, message) in [
        (
            &["--record", "/nowhere/at/all"][..],
            3,
            "error: --record /nowhere/at/all: ",
        ),
        (&["--forward", "backend"][..], 2, "error: --forward backend: "),
    ] {
        let output = command(arguments).output().expect("starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(message), "{text}");
    }
    for (place, code) in [(place.as_str(), 3), ("--listen-page=fd:99", 2)] {
        let mut command = command(&[]);
        let arguments = [
            "--listen-otlp-http=127.0.0.1:0",
            "--listen-otlp-grpc=127.0.0.1:0",
            place,
        ]
        .join("\n");
        let output = command.env(ARGUMENTS, arguments).output().expect("starts");
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
