//! Telemetry as JSON lines on standard error, for `OTEL_*_EXPORTER=console`. Standard output belongs to the ready line.

use super::{Rejected, Request, SendError, Transport};

#[derive(Debug)]
pub(in crate::telemetry) struct Console;

impl Transport for Console {
    fn send(&self, request: &Request) -> Result<Rejected, SendError> {
        let line = match request {
            Request::Traces(request) => serde_json::to_string(request),
            Request::Metrics(request) => serde_json::to_string(request),
            Request::Logs(request) => serde_json::to_string(request),
        };
        match line {
            Ok(line) => {
                eprintln!("{line}");
                Ok(0)
            }
            Err(error) => Err(SendError::Refused(error.to_string())),
        }
    }
}
