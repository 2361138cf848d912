//! Whether what is sent arrives, said once when that changes and not once for each attempt.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Rejected, SendError};

/// How the deliveries of one signal go.
#[derive(Debug)]
pub(in crate::telemetry) struct Deliveries {
    /// `spans`, `metrics`, `logs`.
    what: &'static str,
    failing: AtomicBool,
}

impl Deliveries {
    pub(in crate::telemetry) const fn of(what: &'static str) -> Self {
        Self {
            what,
            failing: AtomicBool::new(false),
        }
    }

    /// Logs the first failure after a success, and the first success after a failure.
    pub(in crate::telemetry) fn note(&self, result: &Result<Rejected, SendError>) {
        let was_failing = self.failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_failing => {
                tracing::warn!(reason = error.reason(), "{} cannot be delivered", self.what);
            }
            Ok(_) if was_failing => tracing::info!("{} are delivered again", self.what),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::{Event, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Messages(Arc<Mutex<Vec<String>>>);

    impl Visit for Messages {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        }
    }

    impl<S: Subscriber> Layer<S> for Messages {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut self.clone());
        }
    }

    #[test]
    fn each_change_is_logged_once() {
        let messages = Messages::default();
        let subscriber = tracing_subscriber::registry().with(messages.clone());
        let fails = || Err(SendError::Refused("no connection".to_owned()));
        tracing::subscriber::with_default(subscriber, || {
            let deliveries = Deliveries::of("metrics");
            for result in [Ok(0), fails(), fails(), fails(), Ok(0), Ok(0), fails()] {
                deliveries.note(&result);
            }
        });
        assert_eq!(
            *messages.0.lock().unwrap(),
            [
                "metrics cannot be delivered",
                "metrics are delivered again",
                "metrics cannot be delivered"
            ]
        );
    }
}
