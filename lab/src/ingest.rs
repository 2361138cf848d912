//! What happens to a request once it is protobuf bytes: checked, stored, recorded, counted.
//!
//! A request is answered when its spans are in the store and in the recorder's queue; the record's place in the queue
//! is taken before anything is stored, so that a request is taken as a whole or, under pressure, not at all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use trace::otlp::scan::scan;

use crate::arrivals::Arrivals;
use crate::forward::Forwarder;
use crate::opened::OpenedFiles;
use crate::receive::Refused;
use crate::record::Recorder;
use crate::signals::Signal;
use crate::store::Store;

mod measured;
mod others;

pub use measured::{Key, Line, Meaning};
pub use others::{OtherCounts, Others};

/// All that the lab knows.
pub struct Lab {
    store: Mutex<Store>,
    others: Mutex<Others>,
    pub recorder: Option<Recorder>,
    pub forwarder: Option<Forwarder>,
    pub arrivals: Arrivals,
    pub opened: OpenedFiles,
}

/// What an accepted request's sender is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// How many items were refused, the rest being kept.
    pub rejected: u64,
    /// Why the first of them was.
    pub message: String,
}

impl Lab {
    pub fn new(memory: usize, recorder: Option<Recorder>, forwarder: Option<Forwarder>) -> Self {
        Self {
            store: Mutex::new(Store::new(memory)),
            others: Mutex::new(Others::default()),
            recorder,
            forwarder,
            arrivals: Arrivals::default(),
            opened: OpenedFiles::default(),
        }
    }

    /// The store. A panic while it was held would have been a bug, but its counts still say what they said.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of metrics and logs.
    pub fn others(&self) -> MutexGuard<'_, Others> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the protobuf bytes of an export request.
    pub fn accept(&self, signal: Signal, request: Bytes) -> Result<Accepted, Refused> {
        match signal {
            Signal::Traces => self.traces(request),
            Signal::Metrics => {
                let points = others::metric_points(&request).map_err(Refused::scanned)?;
                self.other(signal, request, |others, request| others.metrics(points, request))
            }
            Signal::Logs => {
                let records = others::log_records(&request).map_err(Refused::scanned)?;
                self.other(signal, request, |others, request| {
                    others.logs(records, request.clone())
                })
            }
        }
    }

    fn traces(&self, request: Bytes) -> Result<Accepted, Refused> {
        let groups = scan(&request).map_err(Refused::scanned)?;
        let place = self
            .recorder
            .as_ref()
            .map(|it| it.reserve(Signal::Traces, request.len()))
            .transpose()?;
        let now_unix_ns = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |it| it.as_nanos() as u64);
        let inserted = self.store().insert(&groups, Instant::now(), now_unix_ns);
        if let Some(place) = place.flatten()
            && inserted.spans > inserted.nothing_new.len() as u64
        {
            drop(groups);
            place.send(request, inserted.nothing_new);
        }
        let message = inserted
            .reason
            .map(|reason| reason.to_string())
            .unwrap_or_default();
        Ok(Accepted {
            rejected: inserted.rejected,
            message,
        })
    }

    fn other(
        &self,
        signal: Signal,
        request: Bytes,
        keep: impl FnOnce(&mut Others, &Bytes),
    ) -> Result<Accepted, Refused> {
        let place = self
            .recorder
            .as_ref()
            .map(|it| it.reserve(signal, request.len()))
            .transpose()?;
        keep(&mut self.others(), &request);
        if let Some(place) = place.flatten() {
            place.send(request, Vec::new());
        }
        Ok(Accepted::default())
    }
}
