//! The chassis as a service sees it: real sockets, real databases.

// A test that fails says so by panicking.
#![allow(clippy::unwrap_used)]

/// The database handle: spans, locks, deadlines, both databases.
mod databases;
/// A service as a process: how it goes, and what its telemetry looks like to a collector.
mod goodbyes;
/// What every request goes through before and after its handler.
mod requests;
/// Starting services and talking to them.
mod support;
/// Faults that are set for a time, through the control endpoint.
mod windows;
/// So many workers for all requests.
mod workers;
