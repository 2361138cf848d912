//! Ctrl-C: everything that waits asks here, so that an interrupted bench unwinds and takes its processes with it.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on SIGINT and SIGTERM only make [`check`] fail.
pub fn watch() {
    let handler = note as extern "C" fn(libc::c_int) as libc::sighandler_t;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler only stores to an atomic, which a signal handler may do.
        unsafe { libc::signal(signal, handler) };
    }
}

/// Fails once the bench has been interrupted.
pub fn check() -> Result<(), String> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        Err("interrupted".to_owned())
    } else {
        Ok(())
    }
}

extern "C" fn note(_signal: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}
