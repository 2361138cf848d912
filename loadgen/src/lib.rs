//! A load generator: it sends a plan's requests over HTTP/1.1 when they are due, and measures what a user would have
//! waited.
//!
//! * In the open model arrivals do not wait for answers. A request that was due and is late is measured from when it was
//!   due (else a service that stalls would look well, since nobody asked it anything meanwhile: coordinated omission), and
//!   one that cannot be started is dropped and counted.
//! * In the closed model each user waits for the answer, thinks, and goes on.
//!
//! [`run`] does it all on the thread that calls it. Whoever wants to know of each request is an [`Observer`], of which
//! [`Recorder`] is one; a [`Progress`] can be looked at from another thread, and [`Stop`] ends a load early.

mod connection;
mod engine;
mod generator;
mod plan;
mod planned;
mod pool;
mod progress;
mod recorder;
mod request;
mod response;
mod sample;
mod spans;
mod stop;
mod tally;
mod target;
mod users;

pub use generator::{LoadError, Options, Outcome, run};
pub use plan::{Arrival, Journey, LoadPlan, Steps, User};
pub use progress::{Progress, Snapshot};
pub use recorder::{CohortName, JourneyFigures, Latency, MEMORY_LIMIT, Percentiles, Reclassified, Recorder};
pub use request::{InvalidRequest, Request};
pub use sample::{Dropped, Ending, Failure, Observer, Sample};
pub use spans::{ExporterOptions, SpanCounts};
pub use stop::Stop;
pub use target::{InvalidTarget, Target};
