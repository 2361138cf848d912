//! How whoever fires a fault tells the referee: an OpenTelemetry log event, sent to the referee's own listener and nowhere
//! else, so that the truth never travels with the traces.

pub mod client;
pub mod event;
