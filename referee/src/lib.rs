//! How whoever fires a fault tells the referee: an OpenTelemetry log event, sent to the referee's own listener and nowhere
//! else, so that the truth never travels with the traces.
//!
//! [`event`] is the event's form, read by the listener and written by the [`client`]; [`batch`] tells one that is sent again.

pub mod batch;
pub mod client;
pub mod event;

pub use client::Referee;
