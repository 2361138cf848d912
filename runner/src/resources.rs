//! What the parts of a run cost the machine: processor time, and memory as the proportional set size, in which a page
//! shared by eight processes of one binary counts an eighth for each.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

/// The resources of a run, as in `summary.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Resources {
    /// The largest sum over all parts seen at one moment.
    pub peak_memory_bytes: u64,
    /// User and system time of all parts.
    pub cpu_seconds: f64,
    /// The same for each part; its memory is that part's own peak.
    pub by_part: BTreeMap<String, PartResources>,
}

/// What one part used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct PartResources {
    /// The largest proportional set size seen.
    pub peak_memory_bytes: u64,
    /// User and system time so far.
    pub cpu_seconds: f64,
}

impl Resources {
    /// Looks at each process once; one that has ended keeps what was seen of it last.
    pub fn sample(&mut self, processes: &[(&'static str, u32)]) {
        let mut sum = 0;
        for &(name, process) in processes {
            let part = self.by_part.entry(name.to_owned()).or_default();
            if let Some(bytes) = proportional_set_size(process) {
                part.peak_memory_bytes = part.peak_memory_bytes.max(bytes);
                sum += bytes;
            }
            if let Some(seconds) = cpu_seconds(process) {
                part.cpu_seconds = seconds;
            }
        }
        self.peak_memory_bytes = self.peak_memory_bytes.max(sum);
        self.cpu_seconds = self.by_part.values().map(|part| part.cpu_seconds).sum();
    }
}

/// Linux's `Pss` in `/proc/PID/smaps_rollup`, in bytes.
fn proportional_set_size(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// User and system time from `/proc/PID/stat` (fields 14 and 15, after the name in parentheses, in clock ticks).
fn cpu_seconds(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_time() {
        let mut resources = Resources::default();
        resources.sample(&[("load", std::process::id())]);
        assert!(resources.peak_memory_bytes > 100_000, "{resources:?}");
        assert!(resources.by_part.contains_key("load"));
    }
}
