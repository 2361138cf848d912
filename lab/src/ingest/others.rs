//! Metrics and logs: counted, and the latest of both kept, a few megabytes of logs and a thousand lines of metrics.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use trace::otlp::scan::Malformed;
use trace::otlp::scan::fields::{Content, Fields};

use super::measured::Measured;

/// How many bytes of logs are kept.
const LOG_BYTES: usize = 4 << 20;

/// What came besides spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OtherCounts {
    pub metric_points: u64,
    /// Points of metrics that had no place among what is kept.
    pub metric_points_left_out: u64,
    pub log_records: u64,
    pub log_bytes_kept: u64,
}

/// The counts, what services measured, and the latest logs as the requests they came in.
#[derive(Debug, Default)]
pub struct Others {
    counts: OtherCounts,
    measured: Measured,
    logs: VecDeque<Bytes>,
}

impl Others {
    pub fn metrics(&mut self, points: u64, request: &Bytes) {
        self.counts.metric_points += points;
        self.measured.add(points, request, Instant::now());
        self.counts.metric_points_left_out = self.measured.left_out();
    }

    pub fn measured(&self) -> &Measured {
        &self.measured
    }

    pub fn logs(&mut self, records: u64, bytes: Bytes) {
        self.counts.log_records += records;
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

/// Field numbers from an export request down to its log records: resources, scopes, records.
const LOG_RECORDS: &[&[u32]] = &[&[1], &[2], &[2]];
/// The same down to the points of its metrics: resources, scopes, metrics, any of the five kinds of data, points.
const METRIC_POINTS: &[&[u32]] = &[&[1], &[2], &[2], &[5, 7, 9, 10, 11], &[1]];

/// How many records a request of logs has, counted without decoding it.
pub fn log_records(request: &[u8]) -> Result<u64, Malformed> {
    count(request, LOG_RECORDS)
}

/// How many points a request of metrics has, counted without decoding it.
pub fn metric_points(request: &[u8]) -> Result<u64, Malformed> {
    count(request, METRIC_POINTS)
}

/// Counts the messages at the end of a path of field numbers; what lies on the way must be well formed.
fn count(message: &[u8], path: &[&[u32]]) -> Result<u64, Malformed> {
    let Some((numbers, rest)) = path.split_first() else {
        Fields::new(message).try_for_each(|field| field.map(drop))?;
        return Ok(1);
    };
    let mut counted = 0;
    for field in Fields::new(message) {
        let field = field?;
        if numbers.contains(&field.number) {
            counted += match field.content {
                Content::Bytes(inner) => count(inner, rest)?,
                _ => return Err(Malformed::Type(field.number)),
            };
        }
    }
    Ok(counted)
}
