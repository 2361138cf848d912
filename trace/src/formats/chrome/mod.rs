//! Chrome's trace event format, which Perfetto, `chrome://tracing` and many profilers read and write.
//!
//! Source: "Trace Event Format", the document that Chromium names in its `docs/trace_events.md`. Services are processes;
//! spans that overlap lie on threads of their own, so that viewers draw them; links are flows, events are instants.
//! What our own files have in `args` is enough for the very same spans; other people's files have no ids, so ids are
//! drawn from the content, and who called whom follows from what encloses what on a thread.

mod event;
mod foreign;
mod lanes;
mod read;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
mod tests;
