//! What rides with a request through a service: its deadline, its baggage and the faults in it. All three live in the
//! OpenTelemetry [`Context`], so that they follow the request wherever its spans do.

use std::convert::Infallible;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
pub use faults::baggage::BaggageError;
use faults::baggage::{ActiveFault, RequestFaults};
use http::request::Parts;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;

use crate::shutdown::Shutdown;

/// The header that carries the caller's remaining time, in whole milliseconds.
pub const TIMEOUT_HEADER: &str = "x-request-timeout-ms";

/// The header that says how often the request was sent before.
pub const RESENT_HEADER: &str = "x-request-resent";

/// How often the request with these headers was sent before, all callers on its way taken together: 0 the first time.
#[must_use]
pub fn resent(headers: &http::HeaderMap) -> u64 {
    headers
        .get(RESENT_HEADER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

/// The time a critical section is given, however little the request has left.
const UNINTERRUPTED: Duration = Duration::from_secs(5);

/// What rides with the request that is being served.
#[derive(Debug, Clone)]
pub struct Scope {
    deadline: Option<Instant>,
    baggage: Option<Arc<str>>,
    faults: Arc<RequestFaults>,
    /// None while nothing is set for a time, which is nearly always.
    windows: Option<Arc<[ActiveFault]>>,
}

impl Scope {
    /// What rides with nothing: no deadline, no baggage, no faults.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            deadline: None,
            baggage: None,
            faults: Arc::default(),
            windows: None,
        }
    }

    /// A scope from the `baggage` header as it came, all its lines joined by commas; also from a stored message.
    ///
    /// # Errors
    ///
    /// When the baggage holds an unknown fault, place or parameter, or is too large.
    pub fn from_baggage(baggage: Option<&str>) -> Result<Self, BaggageError> {
        let Some(text) = baggage.filter(|text| !text.is_empty()) else {
            return Ok(Self::empty());
        };
        let faults = faults::baggage::parse(std::iter::once(text))?;
        Ok(Self {
            deadline: None,
            baggage: Some(Arc::from(text)),
            faults: Arc::new(faults),
            windows: None,
        })
    }

    /// The same, struck also by these faults, which are set here for a time. They are not forwarded.
    #[must_use]
    pub(crate) fn with_windows(mut self, set: Option<Arc<[ActiveFault]>>) -> Self {
        self.windows = set;
        self
    }

    /// Whether any fault may strike at all.
    pub(crate) fn may_be_struck(&self) -> bool {
        self.windows.is_some() || !self.faults.active.is_empty()
    }

    /// The same, to be done by then.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The scope of the request that is being served here.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(|context| context.get::<Self>().cloned()).unwrap_or_else(Self::empty)
    }

    /// A context with this scope in it.
    #[must_use]
    pub fn on(self, context: &Context) -> Context {
        context.with_value(self)
    }

    /// Runs `future` in this scope, in the span that is current where this is awaited.
    pub async fn run<F: Future>(self, future: F) -> F::Output {
        let context = self.on(&Context::current());
        future.with_context(context).await
    }

    /// The baggage as it came, to be forwarded, or stored with a message.
    #[must_use]
    pub fn baggage(&self) -> Option<&str> {
        self.baggage.as_deref()
    }

    /// When the request must be done.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline(self.deadline)
    }

    /// The faults that ride with it, and those that were set here for a time when it came.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults {
            riding: self.faults.clone(),
            windows: self.windows.clone(),
        }
    }
}

/// Whether that fault strikes, at that place, the request that is served here. Asked for every call: it clones nothing.
pub(crate) fn is_struck_by(fault: &str, at: &str) -> bool {
    Context::map_current(|context| {
        context.get::<Scope>().is_some_and(|scope| {
            let set = || {
                let mut set = scope.windows.as_deref()?.iter();
                set.find(|active| active.fault == fault && active.at == at)
            };
            scope.faults.find(fault, at).or_else(set).is_some()
        })
    })
}

/// When a request must be done. As an extractor in a handler, or [`Deadline::current`] anywhere below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of the request that is being served here.
    #[must_use]
    pub fn current() -> Self {
        Scope::current().deadline()
    }

    /// When, if ever.
    #[must_use]
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// How long there is left; zero when it has passed, none when there is no deadline.
    #[must_use]
    pub fn remaining(self) -> Option<Duration> {
        self.0
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether it is over.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// This deadline, or one in so much time when there is none.
    #[must_use]
    pub fn or_in(self, time: Duration) -> Self {
        Self(Some(self.0.unwrap_or_else(|| Instant::now() + time)))
    }

    /// The result of `future`, or an error when the deadline passes first; `future` is dropped then.
    ///
    /// # Errors
    ///
    /// [`Passed`] when the deadline passed first.
    pub async fn bound<F: Future>(self, future: F) -> Result<F::Output, Passed> {
        match self.0 {
            None => Ok(future.await),
            Some(deadline) => tokio::time::timeout_at(deadline.into(), future)
                .await
                .map_err(|_| Passed),
        }
    }
}

/// The deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the deadline has passed")]
pub struct Passed;

/// The faults of a request: those that ride with it, and those that were set here for a time when it came. As an extractor in a handler, or [`Faults::current`] anywhere below it:
/// `faults.find(SLOW_QUERY.name, "orders.list-orders")`.
#[derive(Debug, Clone)]
pub struct Faults {
    riding: Arc<RequestFaults>,
    windows: Option<Arc<[ActiveFault]>>,
}

impl Faults {
    /// The faults of the request that is being served here.
    #[must_use]
    pub fn current() -> Self {
        Scope::current().faults()
    }

    /// The fault of that name at that place, if it strikes this request: because it rides with it, or else because it is
    /// set for a time.
    #[must_use]
    pub fn find(&self, fault: &str, at: &str) -> Option<&ActiveFault> {
        if cfg!(feature = "without-faults") {
            return None;
        }
        let set = || {
            let mut set = self.windows.as_deref()?.iter();
            set.find(|active| active.fault == fault && active.at == at)
        };
        self.riding.find(fault, at).or_else(set)
    }
}

/// What rides with the request itself.
impl Deref for Faults {
    type Target = RequestFaults;

    fn deref(&self) -> &RequestFaults {
        &self.riding
    }
}

impl<S: Sync> FromRequestParts<S> for Faults {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::current())
    }
}

impl<S: Sync> FromRequestParts<S> for Deadline {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::current())
    }
}

/// Runs a critical section to its end, also when the request is given up meanwhile because its deadline passed or its
/// client went away. The section has a deadline of its own, 5 s from now at most, and shutting down waits for it.
///
/// # Panics
///
/// When `future` panics, so does the caller: the request is answered 500.
pub async fn uninterrupted<F>(future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let scope = Scope::current();
    let least = Instant::now() + UNINTERRUPTED;
    let deadline = scope.deadline.map_or(least, |deadline| deadline.max(least));
    let context = scope.with_deadline(deadline).on(&Context::current());
    let section = Shutdown::current().map(|shutdown| shutdown.busy());
    let task = tokio::spawn(
        async move {
            let output = future.await;
            drop(section);
            output
        }
        .with_context(context),
    );
    match task.await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Nobody else has the handle, so only the runtime's own end can have cancelled it: nothing runs any more.
            Err(_) => std::future::pending().await,
        },
    }
}
