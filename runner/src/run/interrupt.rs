//! Ctrl-C and SIGTERM: the first asks for a clean stop, a second one ends the process at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::Failure;

/// The exit code of a run that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether the user has asked for the end.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Begins to listen for the signals.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the process cannot receive signals.
    pub fn listen() -> Result<Self, Failure> {
        let cannot = |error| Failure::run(format!("cannot listen for Ctrl-C: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if tell.send_replace(true) {
                    std::process::exit(INTERRUPTED);
                }
            }
        });
        Ok(Self(told))
    }

    /// Returns once the user has asked.
    pub async fn asked(&mut self) {
        // The sender lives as long as the runtime.
        let _ = self.0.wait_for(|asked| *asked).await;
    }

    /// Whether the user has asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}
