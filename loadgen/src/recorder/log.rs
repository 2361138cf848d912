//! The HdrHistogram log, which every tool for such logs reads.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};

/// Writes one interval a histogram, each over the whole run, with its tag. Values are microseconds; the maximum that
/// stands in plain text in each line is in milliseconds.
pub fn write<'histograms>(
    path: &Path,
    started: SystemTime,
    duration: Duration,
    histograms: impl Iterator<Item = (String, &'histograms Histogram<u64>)>,
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut serializer = V2DeflateSerializer::new();
    // The Java tools' log reader wants to see this line.
    file.write_all(b"#[Histogram log format version 1.3]\n")?;
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(concat!(
            "[Logged by faultmart ",
            env!("CARGO_PKG_VERSION"),
            "; values in microseconds]"
        ))
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(1_000.0)
        .begin_log_with(&mut file, &mut serializer)?;
    for (tag, histogram) in histograms {
        // A tag ends at a comma or a blank; journeys of a scenario's own could have either.
        let tag = tag.replace([',', ' ', '\t', '\r', '\n'], "_");
        log.write_histogram(histogram, Duration::ZERO, duration, Tag::new(&tag))
            .map_err(|error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
            })?;
    }
    file.flush()
}
