//! The record: all that was accepted, written as the OpenTelemetry Collector's file exporter would, by a thread of its
//! own. Nothing is lost on the way: when the queue is full, senders are asked to come back.
//!
//! The spans in it are those that brought something new, evicted or not: received = written + failed + duplicates +
//! rejected, once all is written.

mod file;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::Failure;
use crate::receive::Refused;
use crate::signals::Signal;
use file::RecordFile;

/// How many bytes of requests may wait to be written.
const QUEUE_BYTES: usize = 32 << 20;

/// With nothing more to write for this long, what is buffered goes to the file, so that a crash loses little.
const IDLE: Duration = Duration::from_millis(500);

/// The queue's near end.
pub struct Recorder {
    queue: Mutex<Option<mpsc::Sender<Item>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    progress: Arc<Progress>,
    all: bool,
}

/// What has been written so far.
#[derive(Debug, Default)]
struct Progress {
    waiting: AtomicUsize,
    requests: AtomicU64,
    written: AtomicU64,
    failed: AtomicU64,
    error: Mutex<Option<String>>,
}

/// What `/lab/spans` says about the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Requests written, of all signals.
    pub requests: u64,
    /// Spans written.
    pub written: u64,
    /// Spans that could not be written.
    pub failed: u64,
    /// Bytes of requests that wait to be written.
    pub waiting_bytes: usize,
    /// Why writing failed first.
    pub error: Option<String>,
}

struct Item {
    signal: Signal,
    request: Bytes,
    nothing_new: Vec<u32>,
    place: Waiting,
}

/// A place in the queue, by bytes; given back when the request is written or never was.
struct Waiting {
    progress: Arc<Progress>,
    bytes: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.progress.waiting.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// A place in the queue that a request has before it is stored.
pub struct Place<'a> {
    recorder: &'a Recorder,
    signal: Signal,
    waiting: Waiting,
}

impl Place<'_> {
    /// Queues the request; the spans with these ordinals are left out.
    pub fn send(self, request: Bytes, nothing_new: Vec<u32>) {
        let queue = self.recorder.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queue.as_ref() {
            // The thread ends only after the queue is closed, so sending cannot fail.
            let _ = queue.send(Item {
                signal: self.signal,
                request,
                nothing_new,
                place: self.waiting,
            });
        }
    }
}

impl Recorder {
    /// Creates the file, and with `all` those for logs and metrics beside it, and starts to write.
    pub fn start(path: &Path, all: bool) -> Result<Self, Failure> {
        let create = |path: &Path| {
            RecordFile::create(path).map_err(|error| {
                Failure::execution(
                    format!("--record {}: {error}", path.display()),
                    "choose a folder that can be written",
                )
            })
        };
        let traces = create(path)?;
        let others = match all {
            false => None,
            true => Some((
                create(&path.with_file_name("logs.otlp.jsonl.zst"))?,
                create(&path.with_file_name("metrics.otlp.jsonl.zst"))?,
            )),
        };
        let progress = Arc::new(Progress::default());
        let (queue, items) = mpsc::channel();
        let writer = Writer {
            traces,
            others,
            progress: Arc::clone(&progress),
        };
        let thread = std::thread::Builder::new()
            .name("record".into())
            .spawn(move || writer.run(&items))
            .map_err(|error| Failure::execution(format!("--record: {error}"), "end some processes"))?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            progress,
            all,
        })
    }

    /// A place in the queue for a request of so many bytes, or none if its signal is not recorded.
    pub fn reserve(&self, signal: Signal, bytes: usize) -> Result<Option<Place<'_>>, Refused> {
        if signal != Signal::Traces && !self.all {
            return Ok(None);
        }
        let before = self.progress.waiting.fetch_add(bytes, Ordering::AcqRel);
        let waiting = Waiting {
            progress: Arc::clone(&self.progress),
            bytes,
        };
        // A request larger than the queue still passes when it is alone.
        if before > 0 && before.saturating_add(bytes) > QUEUE_BYTES {
            return Err(Refused::Busy);
        }
        Ok(Some(Place {
            recorder: self,
            signal,
            waiting,
        }))
    }

    pub fn report(&self) -> Report {
        Report {
            requests: self.progress.requests.load(Ordering::Acquire),
            written: self.progress.written.load(Ordering::Acquire),
            failed: self.progress.failed.load(Ordering::Acquire),
            waiting_bytes: self.progress.waiting.load(Ordering::Acquire),
            error: self
                .progress
                .error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// Writes what waits, ends the files, and says how it went.
    pub fn finish(&self) -> Report {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            self.progress.fail("the writing thread ended early");
        }
        self.report()
    }
}

impl Progress {
    fn fail(&self, error: impl std::fmt::Display) {
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            crate::run::log("error", &format!("the record is incomplete: {error}"));
            *first = Some(error.to_string());
        }
    }
}

/// The queue's far end.
struct Writer {
    traces: RecordFile,
    others: Option<(RecordFile, RecordFile)>,
    progress: Arc<Progress>,
}

impl Writer {
    fn run(mut self, items: &mpsc::Receiver<Item>) {
        let mut clean = true;
        loop {
            match items.recv_timeout(IDLE) {
                Ok(item) => {
                    self.write(&item);
                    clean = false;
                    drop(item.place);
                }
                Err(RecvTimeoutError::Timeout) if clean => {}
                Err(RecvTimeoutError::Timeout) => {
                    let flushed = self.files().try_for_each(RecordFile::flush);
                    self.note(flushed);
                    clean = true;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let Self {
            traces,
            others,
            progress,
        } = self;
        let others = others.into_iter().flat_map(|(logs, metrics)| [logs, metrics]);
        for file in std::iter::once(traces).chain(others) {
            if let Err(error) = file.finish() {
                progress.fail(error);
            }
        }
    }

    fn files(&mut self) -> impl Iterator<Item = &mut RecordFile> {
        let others = self.others.iter_mut().flat_map(|(logs, metrics)| [logs, metrics]);
        std::iter::once(&mut self.traces).chain(others)
    }

    fn note(&self, result: std::io::Result<()>) -> bool {
        if let Err(error) = &result {
            self.progress.fail(error);
        }
        result.is_ok()
    }

    fn write(&mut self, item: &Item) {
        let (spans, result) = match (item.signal, &mut self.others) {
            (Signal::Traces, _) => self.traces.traces(&item.request, &item.nothing_new),
            (Signal::Logs, Some((logs, _))) => (0, logs.logs(&item.request)),
            (Signal::Metrics, Some((_, metrics))) => (0, metrics.metrics(&item.request)),
            (_, None) => return,
        };
        let (counter, requests) = if self.note(result) {
            (&self.progress.written, 1)
        } else {
            (&self.progress.failed, 0)
        };
        counter.fetch_add(spans, Ordering::AcqRel);
        self.progress.requests.fetch_add(requests, Ordering::AcqRel);
    }
}
