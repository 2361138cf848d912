//! Sends applied faults to the referee, from a thread of its own, so that telling the truth never slows what is told about.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use faults::truth::Applied;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message;
use reqwest::StatusCode;
use reqwest::blocking::Client;

use crate::batch::{self, Batch};
use crate::event::encode_request;

/// How many events may wait; what comes on top of them is lost, and counted.
const QUEUE: usize = 65_536;
/// How long the first event of a batch waits for others.
const GATHER: Duration = Duration::from_millis(50);
/// The most events of one request; keeps a request near 2 MB.
const BATCH: usize = 8_192;
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(5);
/// How long a batch is tried again before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause before the first retry; it doubles up to half a second.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A handle to the thread that tells the referee. Clones share it; the last one to go ends it without a flush.
#[derive(Clone)]
pub struct Referee(Option<Arc<Handle>>);

struct Handle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Applied>,
    /// Taken from the queue, on their way.
    in_flight: usize,
    lost: u64,
    /// Set by a shutdown: nothing is taken any more, and what is there must be delivered by then.
    closing: Option<Instant>,
    finished: bool,
}

impl Referee {
    /// Nobody listens: every event is dropped, and none counts as lost.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Starts the thread. `endpoint` is the referee's address (`http://127.0.0.1:1234`), `service` the name of this part.
    /// What cannot be delivered, for whatever reason, is counted in [`Referee::lost`].
    #[must_use]
    pub fn start(endpoint: &str, token: &str, service: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let delivery = Delivery {
            shared: shared.clone(),
            url: format!("{}/v1/logs", endpoint.trim_end_matches('/')),
            authorization: format!("Bearer {token}"),
            service: service.to_owned(),
            batch: Batch::before_first(service),
        };
        let started = std::thread::Builder::new()
            .name("referee".to_owned())
            .spawn(move || delivery.run());
        if started.is_err() {
            shared.finish();
        }
        Self(Some(Arc::new(Handle(shared))))
    }

    /// The referee that the environment names: `FAULTMART_REFEREE` and `FAULTMART_TOKEN`; none when the first is unset.
    #[must_use]
    pub fn from_environment(service: &str) -> Self {
        let variable = |name| {
            std::env::var(name)
                .ok()
                .filter(|value: &String| !value.is_empty())
        };
        match variable("FAULTMART_REFEREE") {
            Some(endpoint) => Self::start(
                &endpoint,
                &variable("FAULTMART_TOKEN").unwrap_or_default(),
                service,
            ),
            None => Self::none(),
        }
    }

    /// Hands an event over. Never waits: when the queue is full, or after a shutdown, the event is lost and counted.
    pub fn send(&self, applied: Applied) {
        let Some(handle) = &self.0 else {
            return;
        };
        let mut state = handle.0.lock();
        if state.finished || state.closing.is_some() || state.queue.len() >= QUEUE {
            state.lost += 1;
            return;
        }
        state.queue.push_back(applied);
        if state.queue.len() == 1 {
            handle.0.changed.notify_all();
        }
    }

    /// How many events were lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.as_ref().map_or(0, |handle| handle.0.lock().lost)
    }

    /// Delivers what was handed over, waiting for at most `patience`, and returns how many events were lost in all. Blocks
    /// the calling thread.
    pub fn shutdown(&self, patience: Duration) -> u64 {
        let Some(handle) = &self.0 else {
            return 0;
        };
        let deadline = Instant::now() + patience;
        let mut state = handle.0.lock();
        state.closing.get_or_insert(deadline);
        handle.0.changed.notify_all();
        while !state.finished {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            state = handle
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.lost + (state.queue.len() + state.in_flight) as u64
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.lock().closing.get_or_insert_with(Instant::now);
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// No code panics while it holds the lock, and a counter is worth having even if one did.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self) {
        let mut state = self.lock();
        state.lost += state.queue.len() as u64;
        state.queue.clear();
        state.finished = true;
        self.changed.notify_all();
    }

    /// Waits for the time to pass or for a shutdown, whichever comes first.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while state.closing.is_none() {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return;
            };
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The next events; none when the queue is empty and the handle is closed.
    fn next_batch(&self) -> Option<Vec<Applied>> {
        let mut state = self.lock();
        while state.queue.is_empty() {
            if state.closing.is_some() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closing.is_none() && state.queue.len() < BATCH {
            drop(state);
            self.pause(GATHER);
            state = self.lock();
        }
        let count = state.queue.len().min(BATCH);
        state.in_flight = count;
        Some(state.queue.drain(..count).collect())
    }
}

/// What the thread needs.
struct Delivery {
    shared: Arc<Shared>,
    url: String,
    authorization: String,
    service: String,
    /// The last that was begun.
    batch: Batch,
}

/// How one attempt to deliver a batch ended.
enum Attempt {
    /// Taken, but for this many.
    Delivered { rejected: u64 },
    /// It would be refused again.
    Refused,
    /// The referee may be able to take it later.
    Unreachable,
}

impl Delivery {
    fn run(mut self) {
        // Loopback only: a proxy named in the environment must not see the truth.
        let client = Client::builder().no_proxy().timeout(REQUEST).build();
        if let Ok(client) = client {
            while let Some(batch) = self.shared.next_batch() {
                self.batch.number += 1;
                let lost = self.deliver(&client, &batch);
                let mut state = self.shared.lock();
                state.in_flight = 0;
                state.lost += lost;
            }
        }
        self.shared.finish();
    }

    /// Delivers a batch and returns how many of it were lost.
    fn deliver(&self, client: &Client, batch: &[Applied]) -> u64 {
        let body = encode_request(&self.service, batch).encode_to_vec();
        let give_up = Instant::now() + PATIENCE;
        let mut pause = FIRST_PAUSE;
        loop {
            let now = Instant::now();
            let deadline = self
                .shared
                .lock()
                .closing
                .map_or(give_up, |closing| closing.min(give_up));
            let Some(left) = deadline
                .checked_duration_since(now)
                .filter(|left| !left.is_zero())
            else {
                return batch.len() as u64;
            };
            match self.attempt(client, &body, left.min(REQUEST)) {
                Attempt::Delivered { rejected } => return rejected.min(batch.len() as u64),
                Attempt::Refused => return batch.len() as u64,
                Attempt::Unreachable => {}
            }
            if self.shared.lock().closing.is_some() {
                // `pause` returns at once while closing, and a deadline is no reason to spin.
                std::thread::sleep(FIRST_PAUSE);
            } else {
                self.shared.pause(pause);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn attempt(&self, client: &Client, body: &[u8], timeout: Duration) -> Attempt {
        let response = client
            .post(&self.url)
            .header("authorization", &self.authorization)
            .header("content-type", "application/x-protobuf")
            .header(batch::HEADER, self.batch.to_string())
            .timeout(timeout)
            .body(body.to_vec())
            .send();
        let Ok(response) = response else {
            return Attempt::Unreachable;
        };
        match response.status() {
            status if status.is_success() => {
                let rejected = response
                    .bytes()
                    .ok()
                    .and_then(|bytes| ExportLogsServiceResponse::decode(bytes).ok())
                    .and_then(|response| response.partial_success)
                    .map_or(0, |partial| partial.rejected_log_records);
                Attempt::Delivered {
                    rejected: u64::try_from(rejected).unwrap_or(0),
                }
            }
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Attempt::Unreachable,
            _ => Attempt::Refused,
        }
    }
}
