//! The wire: the proxy that every hop of the shop crosses, and the place where network faults strike.
//!
//! It forwards bytes as they came, identical in and out; on an HTTP edge it reads along far enough to know where each
//! message begins and ends, and which fault rides with it. A fault is real: it happens to the bytes, on real sockets.
//!
//! From the outside in: [`run`] starts everything ([`server`]); [`edge`] is one hop with its listener; [`http`] and [`tcp`]
//! are one connection over it; a [`pipe`] is one direction of a connection; [`delay`] is the clock they all wait on;
//! [`strike`] says what hits a request, one fault a file; a [`line`] is one that makes bytes late; [`control`] sets faults for a
//! time instead of for a request, and a [`window`] is what is set.

mod control;
mod delay;
mod edge;
mod failure;
mod http;
mod line;
mod options;
mod pipe;
mod problem;
mod server;
mod stream;
mod strike;
mod tcp;
mod trace_context;
mod window;

pub use failure::Failure;
pub use listen::Listen;
pub use options::{EdgeOption, Limits, Options, Protocol};
pub use server::{Ready, run, serve};
