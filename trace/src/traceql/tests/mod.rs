//! Queries against answers worked out by hand, over a healthy trace and one with all that can be wrong with a trace.

mod fixture;
mod metrics;
mod properties;
mod read;
mod reference;
mod search;
