//! A service that starts itself anew, in place: the same process number and the same listening socket, so that whoever connects
//! meanwhile waits in the kernel's queue. Requests in progress are ended in peace, and all telemetry is sent before.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;

use faults::catalogue::SLOW_START;
use faults::control;

use crate::failure::Failure;
use crate::options::{KEEP_DATA, WARM_UP};
use crate::shutdown::Shutdown;
use crate::windows::Windows;

/// What the next process begins with; set when there is to be one.
static NEXT: OnceLock<Next> = OnceLock::new();

struct Next {
    /// How many rows it loads before it answers.
    rows: u64,
    /// What is set here when it begins, it goes on with.
    windows: Windows,
}

/// Whether this process is to be followed by another one in its place.
pub(crate) fn is_to_follow() -> bool {
    NEXT.get().is_some()
}

/// Ends this process as soon as that fault is set for the service, to be followed by one that comes up late.
pub(crate) fn watch(service: &'static str, windows: Windows, shutdown: Shutdown) {
    if !SLOW_START.strikes_for_a_time_only(service) {
        return;
    }
    tokio::spawn(async move {
        // With what was set before this process began it has begun.
        windows.over(SLOW_START.name, service).await;
        let rows = windows.begins(SLOW_START.name, service).await.number("rows");
        let _ = NEXT.set(Next { rows, windows });
        shutdown.request();
    });
}

/// Becomes the process that is to follow, if one is.
///
/// # Errors
///
/// When the system refuses.
pub(crate) fn follow() -> Result<(), Failure> {
    let Some(Next { rows, windows }) = NEXT.get() else {
        return Ok(());
    };
    let set = windows.all().unwrap_or_default();
    let cannot = |error| Failure::not_carried_out(format!("cannot start again: {error}"));
    let mut arguments = env::args_os();
    let mut command = Command::new(env::current_exe().map_err(cannot)?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let next = command
        .args(arguments)
        .env(WARM_UP, rows.to_string())
        .env(control::SET_FAULTS, control::tell(set.iter()))
        .env(KEEP_DATA, "true");
    // Comes back only if it could not be done.
    Err(cannot(next.exec()))
}
