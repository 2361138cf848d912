//! Metrics and logs: counted, and the latest logs kept, a few megabytes of them.

use std::collections::VecDeque;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde::Serialize;

/// How many bytes of logs are kept.
const LOG_BYTES: usize = 4 << 20;

/// What came besides spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OtherCounts {
    pub metric_points: u64,
    pub log_records: u64,
    pub log_bytes_kept: u64,
}

/// The counts, and the latest logs as the requests they came in.
#[derive(Debug, Default)]
pub struct Others {
    counts: OtherCounts,
    logs: VecDeque<Bytes>,
}

impl Others {
    pub fn metrics(&mut self, request: &ExportMetricsServiceRequest) {
        let metrics = request
            .resource_metrics
            .iter()
            .flat_map(|it| &it.scope_metrics)
            .flat_map(|it| &it.metrics);
        let points = metrics.map(|metric| match &metric.data {
            None => 0,
            Some(Data::Gauge(it)) => it.data_points.len(),
            Some(Data::Sum(it)) => it.data_points.len(),
            Some(Data::Histogram(it)) => it.data_points.len(),
            Some(Data::ExponentialHistogram(it)) => it.data_points.len(),
            Some(Data::Summary(it)) => it.data_points.len(),
        });
        self.counts.metric_points += points.sum::<usize>() as u64;
    }

    pub fn logs(&mut self, request: &ExportLogsServiceRequest, bytes: Bytes) {
        let scopes = request
            .resource_logs
            .iter()
            .flat_map(|resource| &resource.scope_logs);
        self.counts.log_records += scopes.map(|scope| scope.log_records.len() as u64).sum::<u64>();
        self.counts.log_bytes_kept += bytes.len() as u64;
        self.logs.push_back(bytes);
        while self.counts.log_bytes_kept > LOG_BYTES as u64 {
            let Some(oldest) = self.logs.pop_front() else {
                break;
            };
            self.counts.log_bytes_kept -= oldest.len() as u64;
        }
    }

    pub fn counts(&self) -> OtherCounts {
        self.counts
    }

    /// The latest requests of logs, the newest first.
    pub fn latest_logs(&self, limit: usize) -> Vec<Bytes> {
        self.logs.iter().rev().take(limit).cloned().collect()
    }
}
