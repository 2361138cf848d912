//! OTLP over HTTP with protobuf bodies.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::blocking::Client;

use super::{Rejected, Request, SendError, Transport};
use crate::failure::Failure;
use crate::telemetry::configuration::{Compression, Endpoint};

/// The client of all signals, made when the first of them needs it.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct SharedClient(Mutex<Option<Client>>);

impl SharedClient {
    fn get(&self) -> Result<Client, Failure> {
        let mut there = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = &*there {
            return Ok(client.clone());
        }
        // reqwest's blocking client waits for its own thread, which it refuses to do on a runtime's thread.
        let built = std::thread::scope(|scope| scope.spawn(build).join());
        let failed =
            |why: String| Failure::not_carried_out(format!("cannot make the telemetry's HTTP client: {why}"));
        let client = built
            .map_err(|_| failed("its thread panicked".to_owned()))?
            .map_err(|error| failed(error.to_string()))?;
        *there = Some(client.clone());
        Ok(client)
    }
}

fn build() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .build()
}

#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    url: String,
    headers: HeaderMap,
    timeout: Duration,
    compression: Compression,
}

impl Http {
    pub(super) fn new(endpoint: &Endpoint, client: &SharedClient) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in &endpoint.headers {
            let wrong = || Failure::input(format!("OTEL_EXPORTER_OTLP_HEADERS: `{name}` is no valid header"));
            headers.insert(
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?,
                HeaderValue::from_str(value).map_err(|_| wrong())?,
            );
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if endpoint.compression == Compression::Gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self {
            client: client.get()?,
            url: endpoint.url.clone(),
            headers,
            timeout: endpoint.timeout,
            compression: endpoint.compression,
        })
    }

    fn body(&self, request: &Request) -> Vec<u8> {
        let plain = match request {
            Request::Traces(request) => request.encode_to_vec(),
            Request::Metrics(request) => request.encode_to_vec(),
            Request::Logs(request) => request.encode_to_vec(),
        };
        match self.compression {
            Compression::None => plain,
            Compression::Gzip => gzip(&plain),
        }
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    // Writing to a Vec cannot fail; were it to, the receiver would refuse the body, and the loss be counted.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Rejected, SendError> {
        let response = self
            .client
            .post(&self.url)
            .headers(self.headers.clone())
            .timeout(self.timeout)
            .body(self.body(request))
            .send()
            .map_err(|error| classify(&error))?;
        let status = response.status();
        if status.is_success() {
            // The request was taken, whatever the body says or however it ends.
            return Ok(response.bytes().map_or(0, |body| rejected(request, &body)));
        }
        let reason = format!("the receiver answered {status}");
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => SendError::Again {
                after: retry_after(response.headers()),
                reason,
            },
            _ => SendError::Refused(reason),
        })
    }
}

fn classify(error: &reqwest::Error) -> SendError {
    let reason = error.to_string();
    if error.is_connect() {
        SendError::Again { after: None, reason }
    } else if error.is_builder() {
        SendError::Refused(reason)
    } else {
        SendError::Unknown(reason)
    }
}

/// In seconds; a date is not worth a calendar here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()
        .map(Duration::from_secs)
}

fn rejected(request: &Request, body: &[u8]) -> Rejected {
    let count = match request {
        Request::Traces(_) => ExportTraceServiceResponse::decode(body)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| partial.rejected_spans),
        Request::Metrics(_) => ExportMetricsServiceResponse::decode(body)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| partial.rejected_data_points),
        Request::Logs(_) => ExportLogsServiceResponse::decode(body)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| partial.rejected_log_records),
    };
    count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or_default()
}
