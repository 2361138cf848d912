//! What is measured: one file a measurement.

mod build;
mod first_trace;
mod generator;
mod lab_ingest;
mod lab_query;
mod lateness;
mod long_run;
mod memory;
mod shop;
mod switches;
mod telemetry;
mod wire;
mod wire_delay;

use super::Measurement;

/// The measurements that are made only when they are asked for, because they build.
pub const BUILDS: [&str; 2] = [switches::SWITCHES.name, build::BUILD.name];

/// All measurements, in the order of docs/performance.md.
pub const ALL: [Measurement; 12] = [
    generator::GENERATOR,
    lateness::LATENESS,
    wire::WIRE,
    wire_delay::WIRE_DELAY,
    first_trace::FIRST_TRACE,
    memory::MEMORY,
    telemetry::TELEMETRY,
    long_run::LONG_RUN,
    lab_ingest::LAB_INGEST,
    lab_query::LAB_QUERY,
    switches::SWITCHES,
    build::BUILD,
];
