//! The wire from the outside: real sockets on both sides of it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an error is to fail, there and then"
)]

/// Setting and clearing faults for a time.
mod control;
/// How connections end: closed, half closed, reset, silent, refused by the service.
mod endings;
/// The bytes that go in are the bytes that come out.
mod identity;
/// Bytes are held, for as long as they should be, and the referee hears of it.
mod latency;
/// What is ambiguous is refused.
mod refusal;
/// A wire, services behind it and a referee.
mod support;
