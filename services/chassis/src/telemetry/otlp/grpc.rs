//! OTLP over gRPC.

use std::error::Error;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, ConnectError, Status};

use super::{Rejected, Request, SendError, Transport};
use crate::failure::Failure;
use crate::telemetry::configuration::{Compression, Endpoint};

type Metadata = Vec<(MetadataKey<Ascii>, MetadataValue<Ascii>)>;

/// A channel on a small runtime of its own, which runs only while something is being sent.
#[derive(Debug)]
pub(super) struct Grpc {
    runtime: Option<tokio::runtime::Runtime>,
    channel: Channel,
    metadata: Metadata,
    timeout: Duration,
    compression: Compression,
}

impl Grpc {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| {
                Failure::not_carried_out(format!("cannot start the telemetry's runtime: {error}"))
            })?;
        let channel = Channel::from_shared(endpoint.url.clone())
            .map_err(|error| {
                Failure::input(format!("OTEL_EXPORTER_OTLP_ENDPOINT: {}: {error}", endpoint.url))
            })?
            .connect_timeout(endpoint.timeout)
            .tcp_nodelay(true);
        let channel = {
            let _inside = runtime.enter();
            channel.connect_lazy()
        };
        let metadata = endpoint
            .headers
            .iter()
            .map(|(name, value)| {
                let wrong =
                    || Failure::input(format!("OTEL_EXPORTER_OTLP_HEADERS: `{name}` is no valid header"));
                let key = name.to_lowercase().parse().map_err(|_| wrong())?;
                Ok((key, value.parse().map_err(|_| wrong())?))
            })
            .collect::<Result<Metadata, Failure>>()?;
        Ok(Self {
            runtime: Some(runtime),
            channel,
            metadata,
            timeout: endpoint.timeout,
            compression: endpoint.compression,
        })
    }

    fn message<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        for (key, value) in &self.metadata {
            request.metadata_mut().insert(key.clone(), value.clone());
        }
        request
    }

    async fn exchange(&self, request: &Request) -> Result<i64, Status> {
        let gzip = self.compression == Compression::Gzip;
        let channel = self.channel.clone();
        Ok(match request {
            Request::Traces(request) => {
                let mut client = TraceServiceClient::new(channel);
                if gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let answer = client.export(self.message(request.clone())).await?.into_inner();
                answer.partial_success.map_or(0, |partial| partial.rejected_spans)
            }
            Request::Metrics(request) => {
                let mut client = MetricsServiceClient::new(channel);
                if gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let answer = client.export(self.message(request.clone())).await?.into_inner();
                answer
                    .partial_success
                    .map_or(0, |partial| partial.rejected_data_points)
            }
            Request::Logs(request) => {
                let mut client = LogsServiceClient::new(channel);
                if gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let answer = client.export(self.message(request.clone())).await?.into_inner();
                answer
                    .partial_success
                    .map_or(0, |partial| partial.rejected_log_records)
            }
        })
    }
}

impl Transport for Grpc {
    fn send(&self, request: &Request) -> Result<Rejected, SendError> {
        let Some(runtime) = &self.runtime else {
            return Err(SendError::Refused("the exporter was shut down".to_owned()));
        };
        let bounded = async { tokio::time::timeout(self.timeout, self.exchange(request)).await };
        match runtime.block_on(bounded) {
            Ok(Ok(rejected)) => Ok(u64::try_from(rejected).unwrap_or_default()),
            Ok(Err(status)) => Err(classify(&status)),
            Err(_) => Err(SendError::Unknown(format!("no answer within {:?}", self.timeout))),
        }
    }
}

impl Drop for Grpc {
    fn drop(&mut self) {
        // Also allowed on an async runtime's thread, where dropping a runtime as such is not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A status that the receiver sent can be judged by its code. One that our own transport made can be retried only when
/// there was no connection: otherwise the request may have arrived.
fn classify(status: &Status) -> SendError {
    let reason = format!("{:?}: {}", status.code(), status.message());
    if has_cause::<ConnectError>(status) {
        return SendError::Again { after: None, reason };
    }
    if status.source().is_some() {
        return SendError::Unknown(reason);
    }
    match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => SendError::Again { after: None, reason },
        // RESOURCE_EXHAUSTED is retryable only with a RetryInfo, which is not read here.
        _ => SendError::Refused(reason),
    }
}

fn has_cause<E: Error + 'static>(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<E>() {
            return true;
        }
        cause = error.source();
    }
    false
}
