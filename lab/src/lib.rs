//! The lab: receives OpenTelemetry data, keeps traces within a byte budget, and answers what it has.
//!
//! Data flows one way: [`serve`] takes connections, [`receive`] turns requests into protobuf bytes and answers by OTLP's
//! rules, [`ingest`] scans them and hands them to the [`store`], the [`record`] and the [`forward`]er, and [`query`]
//! answers questions. What is counted, and what the counts mean, is in [`counts`].

mod allocator;
mod alone;
mod arrivals;
mod counts;
mod failure;
mod files;
mod forward;
mod ingest;
mod kernel_drops;
mod opened;
mod options;
mod page;
mod query;
mod receive;
mod record;
mod run;
mod serve;
mod signals;
mod sockets;
mod store;
#[cfg(test)]
mod tests;
mod token;

pub use alone::{Alone, run_alone};
pub use failure::Failure;
pub use options::Options;
pub use run::run;
