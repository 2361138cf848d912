//! The wire from the outside: real sockets on both sides of it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an error is to fail, there and then"
)]

/// A narrow line: bytes at its rate.
mod bandwidth;
/// A request that is taken and never answered.
mod black_hole;
/// Connections that are used once.
mod connection_churn;
/// An answer that breaks off.
mod connection_reset;
/// Setting and clearing faults for a time.
mod control;
/// How connections end: closed, half closed, reset, silent, refused by the service.
mod endings;
/// The bytes that go in are the bytes that come out.
mod identity;
/// Bytes are held, for as long as they should be, and the referee hears of it.
mod latency;
/// Segments that are sent again.
mod loss;
/// What is ambiguous is refused.
mod refusal;
/// An answer whose end comes late.
mod slow_close;
/// A wire, services behind it and a referee.
mod support;
