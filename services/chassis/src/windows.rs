//! Faults that are set for a time instead of riding with a request: the control endpoint sets and clears them, and whoever serves
//! a request or works in the background asks for them.
//!
//! A request sees those of the moment at which it came, beside those in its baggage: `Faults::find` knows no difference, so that a
//! twin has one visible choice, whichever way it is switched on. They are not forwarded to anybody.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use faults::baggage::ActiveFault;
use faults::control;
use http::{StatusCode, header};
use tokio::sync::Notify;

use crate::failure::Failure;
use crate::problem::Problem;

/// What is set for a time in this part. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Windows(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Asked by every request, and nearly always false.
    any: AtomicBool,
    set: RwLock<Arc<[ActiveFault]>>,
    changed: Notify,
}

/// A fault that is set here now, with its parameters.
#[derive(Debug, Clone)]
pub struct Active {
    all: Arc<[ActiveFault]>,
    index: usize,
}

impl Deref for Active {
    type Target = ActiveFault;

    fn deref(&self) -> &ActiveFault {
        &self.all[self.index]
    }
}

impl Windows {
    /// What a service begins with: what was set in the one whose place it takes.
    ///
    /// # Errors
    ///
    /// When the environment says something that cannot be set here.
    pub(crate) fn inherited(service: &'static str) -> Result<Self, Failure> {
        let windows = Self::default();
        if let Ok(set) = std::env::var(control::SET_FAULTS) {
            let wrong = |error| Failure::input(format!("{}: {error}", control::SET_FAULTS));
            windows.replace(read(set.as_bytes(), service).map_err(wrong)?);
        }
        Ok(windows)
    }

    /// The fault of that name at that place, if it is set now. Costs one atomic load while nothing is.
    #[must_use]
    pub fn active(&self, fault: &str, at: &str) -> Option<Active> {
        let all = self.all()?;
        let index = all
            .iter()
            .position(|active| active.fault == fault && active.at == at)?;
        Some(Active { all, index })
    }

    /// All that is set now; none when that is nothing.
    pub(crate) fn all(&self) -> Option<Arc<[ActiveFault]>> {
        if cfg!(feature = "without-faults") || !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        Some(self.0.set.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Sets these and no others.
    pub fn replace(&self, faults: Vec<ActiveFault>) {
        self.update(|_| faults);
    }

    fn update(&self, change: impl FnOnce(&[ActiveFault]) -> Vec<ActiveFault>) {
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&set);
        crate::telemetry::lies::set(&changed);
        self.0.any.store(!changed.is_empty(), Ordering::Release);
        *set = changed.into();
        drop(set);
        self.0.changed.notify_waiters();
    }

    /// Returns once that fault is not set at that place any more.
    pub(crate) async fn over(&self, fault: &str, at: &str) {
        self.until(|| self.active(fault, at).is_none().then_some(()))
            .await;
    }

    /// The fault, once it is set at that place.
    pub(crate) async fn begins(&self, fault: &str, at: &str) -> Active {
        self.until(|| self.active(fault, at)).await
    }

    /// What `look` finds, once that is something; it looks again whenever what is set changes.
    async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(found) = look() {
                return found;
            }
            changed.await;
        }
    }
}

/// The control endpoint of the service of that name; whoever adds it sees to the token.
pub(crate) fn router(service: &'static str, windows: Windows) -> Router {
    Router::new()
        .route("/control/faults", get(tell).put(set).delete(clear))
        .route("/control/faults/{fault}", delete(clear_one))
        .with_state((service, windows))
}

async fn tell(State((_, windows)): State<(&'static str, Windows)>) -> impl IntoResponse {
    let set = windows.all().unwrap_or_default();
    (
        [(header::CONTENT_TYPE, "application/json")],
        control::tell(set.iter()),
    )
}

async fn set(State((service, windows)): State<(&'static str, Windows)>, body: Bytes) -> Response {
    match read(&body, service) {
        Ok(faults) => {
            windows.replace(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(detail) => refused(detail),
    }
}

fn read(body: &[u8], service: &str) -> Result<Vec<ActiveFault>, String> {
    control::read(body, service, |fault| control::places_of_service(service, fault))
}

async fn clear(State((_, windows)): State<(&'static str, Windows)>) -> StatusCode {
    windows.replace(Vec::new());
    StatusCode::NO_CONTENT
}

async fn clear_one(
    State((_, windows)): State<(&'static str, Windows)>,
    Path(name): Path<String>,
) -> Response {
    match control::known(&name) {
        Ok(fault) => {
            windows.update(|set| {
                let others = set.iter().filter(|active| active.fault != fault.name);
                others.cloned().collect()
            });
            StatusCode::NO_CONTENT.into_response()
        }
        Err(detail) => refused(detail),
    }
}

fn refused(detail: String) -> Response {
    Problem::new(StatusCode::BAD_REQUEST)
        .detail(detail)
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(at: &str) -> ActiveFault {
        ActiveFault::for_a_time("slow-query", at, Default::default()).unwrap()
    }

    #[test]
    fn what_is_set_is_active_until_it_is_replaced() {
        let windows = Windows::default();
        let seen_by_a_service = windows.clone();
        assert!(seen_by_a_service.active("slow-query", "catalog.search").is_none());
        windows.replace(vec![fault("orders.list-orders"), fault("catalog.search")]);
        let active = seen_by_a_service.active("slow-query", "catalog.search").unwrap();
        assert_eq!(active.at, "catalog.search");
        assert!(
            seen_by_a_service
                .active("n-plus-one-sql", "catalog.search")
                .is_none()
        );
        windows.replace(Vec::new());
        assert!(seen_by_a_service.active("slow-query", "catalog.search").is_none());
        assert_eq!(active.fault, "slow-query", "who has it keeps it");
    }
}
