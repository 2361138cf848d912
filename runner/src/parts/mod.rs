//! The parts of a run: which processes there are, how they find one another, and what happens when one dies.
//!
//! The parent binds every listening socket before it starts anything and hands each part its own, so that all parts start
//! at once, none waits for another's port, and a connection to a part that is still starting waits in the kernel's queue.

mod layout;
mod process;
mod sockets;
mod system;

pub use layout::{Common, DatabaseChoice, Layout, Ports};
pub use process::{Death, Part};
pub use sockets::{Socket, TurningAway};
pub use system::{System, SystemOptions};
