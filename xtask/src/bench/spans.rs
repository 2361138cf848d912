//! Spans to send, all of one size, and a client that sends them and asks for them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::servers::Backend;
use crate::interrupt;

/// How many spans a request has, and how many of them are of one trace.
pub const SPANS: u64 = 1_000;
/// The same.
pub const SPANS_OF_A_TRACE: u64 = 10;
/// How many attributes a span has.
const ATTRIBUTES: u64 = 10;
/// One trace of so many has the value that a search looks for.
pub const SOUGHT_OF: u64 = 100;
/// That value, of the attribute `attribute.0`.
pub const SOUGHT: &str = "the-one-now";
/// 2026-01-02T03:04:05Z.
pub const START_SECONDS: u64 = 1_767_323_045;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The request with this number: 100 whole traces of spans of 343 bytes with 10 attributes.
pub fn request(number: u64) -> ExportTraceServiceRequest {
    let first = number * SPANS;
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name".into(), "bench".into())],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans: (first..first + SPANS).map(span).collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// Each span is below the one before it, so that a trace is a chain.
fn span(number: u64) -> Span {
    let (trace, place) = (number / SPANS_OF_A_TRACE, number % SPANS_OF_A_TRACE);
    let start = (START_SECONDS * 1_000_000 + trace) * 1_000;
    let sought = trace % SOUGHT_OF == 0 && place == SPANS_OF_A_TRACE - 1;
    let first = if sought { SOUGHT } else { "another-one" };
    let mut attributes = vec![attribute("attribute.0".into(), first.into())];
    attributes.extend((1..ATTRIBUTES).map(|n| attribute(format!("attribute.{n}"), format!("value-{n}"))));
    Span {
        trace_id: trace_id(trace).to_be_bytes().to_vec(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        parent_span_id: match place {
            0 => Vec::new(),
            _ => number.to_be_bytes().to_vec(),
        },
        name: if place == 0 {
            "GET /orders"
        } else {
            "GET /orders/:order"
        }
        .into(),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_000_000,
        attributes,
        ..Span::default()
    }
}

fn trace_id(trace: u64) -> u128 {
    // Spread, as random ids are.
    u128::from(trace + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

fn attribute(key: String, value: String) -> KeyValue {
    KeyValue {
        key,
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value)),
        }),
        ..KeyValue::default()
    }
}

/// A connection that is kept open.
pub struct Client {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

impl Client {
    /// Connects.
    pub fn open(to: SocketAddr) -> Result<Self, String> {
        let open = || {
            let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let stream = open().map_err(|error: std::io::Error| format!("no connection to {to}: {error}"))?;
        Ok(Self {
            stream: BufReader::with_capacity(1 << 16, stream),
            host: to,
        })
    }

    /// Sends a request of spans, and waits until it is accepted.
    pub fn send(&mut self, body: &[u8]) -> Result<(), String> {
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        match self.exchange(&request)? {
            (200, _) => Ok(()),
            (status, _) => Err(format!("{} answered {status} to spans", self.host)),
        }
    }

    /// Asks, and gives the status and how long the answer's body is, of which no more than a little is ever held.
    pub fn ask(&mut self, path: &str) -> Result<(u16, u64), String> {
        interrupt::check()?;
        self.exchange(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).as_bytes())
    }

    fn exchange(&mut self, request: &[u8]) -> Result<(u16, u64), String> {
        self.try_exchange(request)
            .map_err(|error| format!("no answer from {}: {error}", self.host))
    }

    fn try_exchange(&mut self, request: &[u8]) -> std::io::Result<(u16, u64)> {
        self.stream.get_mut().write_all(request)?;
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| std::io::Error::other(format!("not HTTP: {status}")))?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                None => break,
                Some(("content-length", value)) => {
                    length = value.trim().parse().map_err(std::io::Error::other)?;
                }
                Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
                Some(_) => {}
            }
        }
        if !chunked {
            return Ok((status, self.skip(length)?));
        }
        let mut total = 0;
        loop {
            let size = u64::from_str_radix(&self.line()?, 16).map_err(std::io::Error::other)?;
            total += self.skip(size)?;
            self.line()?;
            if size == 0 {
                return Ok((status, total));
            }
        }
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn skip(&mut self, length: u64) -> std::io::Result<u64> {
        std::io::copy(&mut (&mut self.stream).take(length), &mut std::io::sink())
    }
}

/// Sends requests over gRPC, one after another.
pub fn send_over_grpc(to: SocketAddr, requests: std::ops::Range<u64>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut client = TraceServiceClient::connect(format!("http://{to}"))
            .await
            .map_err(|error| format!("no connection to {to}: {error}"))?;
        for number in requests {
            interrupt::check()?;
            let sent = client.export(request(number)).await;
            sent.map_err(|error| format!("{to} did not take spans: {error}"))?;
        }
        Ok(())
    })
}

/// Waits until the last trace of the requests below this number is given back.
pub fn await_queryable(backend: &Backend, requests: u64) -> Result<(), String> {
    let last = requests * SPANS / SPANS_OF_A_TRACE - 1;
    let path = format!("{}/api/traces/{:032x}", backend.jaeger, trace_id(last));
    let deadline = Instant::now() + PATIENCE;
    // Jaeger closes the connection with each answer that says that there is nothing.
    while Client::open(backend.server.address)?.ask(&path)?.0 != 200 {
        if Instant::now() > deadline {
            return Err(format!(
                "{} does not give back what it took",
                backend.server.address
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_span_takes_343_bytes_of_its_request() {
        let per_span = request(0).encoded_len() as f64 / SPANS as f64;
        assert!((342.5..344.5).contains(&per_span), "{per_span}");
    }
}
