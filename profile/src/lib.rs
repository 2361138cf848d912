//! Where this process spends its processor time: samples of all threads, as `go tool pprof` reads them.
//!
//! A timer of the kernel counts the processor time of the whole process, and every ten milliseconds of it interrupts whichever thread
//! is running. The signal handler only copies that thread's registers and the top of its stack into memory that was set aside before:
//! it takes no lock, allocates nothing and follows no pointer, so that it is safe wherever it strikes. A thread of our own takes the
//! copies, works out who had called whom, and counts. Names and lines are looked up once, when all is over.
//!
//! A thread that waits (for a lock, a query, an answer) uses no processor time and is never interrupted: it is not in the profile.

mod format;
mod image;
mod recording;
mod sampler;
mod stacks;
mod symbols;

pub use format::{Decoded, decode};
pub use recording::{ProfileError, Recording, start};
