//! A client that sends half a request and no more: it is told or cut off by a deadline, and others are served meanwhile.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{PATIENCE, Place, signal_process, until};

/// A head that never ends, and one whose body never comes.
const HALVES: [&str; 2] = [
    "GET /livez HTTP/1.1\r\nhost: x\r\n",
    "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
];

/// A command that is ended with the test, however that ends.
struct Running(Child);

impl Running {
    /// Asks it to end and gives its exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        signal_process(self.0.id(), signal);
        until("it stops", || {
            self.0.try_wait().expect("the child can be waited for")
        })
        .code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command and reads its first line.
fn first_line(place: &Place, arguments: &[&str]) -> (Running, Value) {
    let mut command = place.faultmart(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout is captured"))
        .read_line(&mut line)
        .expect("a line");
    let value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    (Running(child), value)
}

/// Sends both halves to each of these addresses, and whole requests after them; then waits for the halves' ends.
fn all_are_cut_off_and_others_served(addresses: &[(String, &str)]) {
    let client = reqwest::blocking::Client::new();
    let mut halves = Vec::new();
    for (address, _) in addresses {
        for half in HALVES {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            stream.write_all(half.as_bytes()).expect("half a request");
            halves.push((address, half, stream));
        }
    }
    for (address, path) in addresses {
        let answer = client
            .get(format!("http://{address}{path}"))
            .timeout(Duration::from_secs(10))
            .send()
            .unwrap_or_else(|error| panic!("{address}: others are served meanwhile: {error}"));
        assert!(answer.status().as_u16() < 500, "{address}: {}", answer.status());
    }
    for (address, half, mut stream) in halves {
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{address} keeps {half:?} for ever: {error}"),
        }
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{address}: {half:?}: {answer}"
        );
    }
}

fn address(url: &Value) -> String {
    let url = url.as_str().expect("a URL");
    url.trim_start_matches("http://").to_owned()
}

#[test]
fn half_a_request_to_the_wire_and_to_the_lab() {
    let place = Place::new();
    let scenario = place.scenario("title: t\nshop: { users: 50, products: 60, orders: 100 }\nload:\n  - { journey: browse, rate: 5/s, for: 1s }\n");
    let (up, addresses) = first_line(&place, &["up", scenario, "--format", "json", "--port-base", "0"]);
    all_are_cut_off_and_others_served(&[
        // The wire stands before the gateway.
        (address(&addresses["gateway"]), "/api/products/1"),
        (address(&addresses["otlp_http"]), "/"),
        (address(&addresses["page"]), "/lab/spans"),
    ]);
    assert_eq!(up.stop("INT"), Some(130));
}

#[test]
fn half_a_request_to_the_gateway() {
    let place = Place::new();
    let mut arguments = vec!["serve", "gateway", "--listen", "127.0.0.1:0"];
    for upstream in [
        "users=http://127.0.0.1:9",
        "catalog=http://127.0.0.1:9",
        "orders=http://127.0.0.1:9",
    ] {
        arguments.extend(["--upstream", upstream]);
    }
    let (gateway, ready) = first_line(&place, &arguments);
    all_are_cut_off_and_others_served(&[(address(&ready["address"]), "/livez")]);
    assert_eq!(gateway.stop("TERM"), Some(0));
}
