//! Batches of root spans, sent over OTLP/HTTP by a task beside the load.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::template::{Envelope, Templates};
use crate::response::{Answer, ResponseReader};
use crate::{Ending, InvalidRequest, Journey, Request, Target};

/// A batch is sent when it has so many spans …
const BATCH_SPANS: u64 = 2_048;
/// … or so many bytes …
const BATCH_BYTES: usize = 1024 * 1024;
/// … or is so old.
const BATCH_AGE: Duration = Duration::from_millis(100);
/// How many bytes may wait in full batches, whatever the number of spans: URLs can be long.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// How often a batch is sent before it is given up.
const ATTEMPTS: u32 = 3;
const PAUSE_BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Where root spans go.
#[derive(Debug, Clone)]
pub struct ExporterOptions {
    /// The OTLP/HTTP endpoint; `/v1/traces` is added.
    pub endpoint: Target,
    /// Headers for each export, such as an API key.
    pub headers: Vec<(String, String)>,
    /// `service.instance.id`, unique to this process.
    pub instance_id: String,
    /// How many spans may wait to be sent before further ones are dropped.
    pub queue_spans: u64,
}

impl ExporterOptions {
    /// Without headers, with a queue for 65,536 spans.
    pub fn new(endpoint: Target, instance_id: impl Into<String>) -> Self {
        Self {
            endpoint,
            headers: Vec::new(),
            instance_id: instance_id.into(),
            queue_spans: 65_536,
        }
    }
}

/// What became of the root spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct SpanCounts {
    /// Begun.
    pub started: u64,
    /// Ended; exported + dropped once the exporter has finished.
    pub ended: u64,
    /// Taken by the endpoint.
    pub exported: u64,
    /// Given up, since the queue was full or the endpoint did not take them.
    pub dropped: u64,
}

#[derive(Default)]
struct Batch {
    spans: u64,
    bytes: Vec<u8>,
    begun: Option<Instant>,
}

/// Takes ended root spans and sends them. Single-threaded: shared by the load and the sending task.
pub(crate) struct Exporter {
    address: SocketAddr,
    endpoint: Target,
    post: Request,
    envelope: Envelope,
    queue_spans: u64,
    templates: RefCell<Templates>,
    open: RefCell<Batch>,
    full: RefCell<VecDeque<Batch>>,
    /// An emptied buffer to be filled again.
    spare: RefCell<Vec<u8>>,
    waiting_spans: Cell<u64>,
    waiting_bytes: Cell<usize>,
    counts: Cell<SpanCounts>,
    sealed: Notify,
    closing: Cell<bool>,
}

impl Exporter {
    /// `address` is the endpoint's, looked up.
    pub(crate) fn new(
        options: ExporterOptions,
        address: SocketAddr,
        target: &Target,
        journeys: &[Journey],
    ) -> Result<Self, InvalidRequest> {
        let mut post = Request::new(0, 0, "POST", "/v1/traces")?;
        post.header("content-type", "application/x-protobuf")?;
        for (name, value) in &options.headers {
            post.header(name, value)?;
        }
        let resource = [
            ("service.name", "load"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("service.instance.id", options.instance_id.as_str()),
        ];
        Ok(Self {
            address,
            post,
            envelope: Envelope::new(resource.into_iter()),
            endpoint: options.endpoint,
            queue_spans: options.queue_spans,
            templates: RefCell::new(Templates::new(target, journeys)),
            open: RefCell::default(),
            full: RefCell::default(),
            spare: RefCell::default(),
            waiting_spans: Cell::default(),
            waiting_bytes: Cell::default(),
            counts: Cell::default(),
            sealed: Notify::new(),
            closing: Cell::default(),
        })
    }

    pub(crate) fn counts(&self) -> SpanCounts {
        self.counts.get()
    }

    /// A root span begins.
    pub(crate) fn started(&self) {
        self.count(|counts| counts.started += 1);
    }

    /// A root span ends.
    pub(crate) fn ended(&self, request: &Request, start_unix_ns: u64, end: (Instant, u64), ending: Ending) {
        self.count(|counts| counts.ended += 1);
        if self.waiting_spans.get() >= self.queue_spans || self.waiting_bytes.get() >= QUEUE_BYTES {
            self.count(|counts| counts.dropped += 1);
            return;
        }
        let mut open = self.open.borrow_mut();
        let Batch { spans, bytes, begun } = &mut *open;
        let length_before = bytes.len();
        self.templates
            .borrow_mut()
            .encode(request, start_unix_ns, end.1, ending, bytes);
        *spans += 1;
        begun.get_or_insert(end.0);
        self.waiting_spans.set(self.waiting_spans.get() + 1);
        self.waiting_bytes
            .set(self.waiting_bytes.get() + bytes.len() - length_before);
        if *spans >= BATCH_SPANS || bytes.len() >= BATCH_BYTES {
            self.seal(&mut open);
        }
    }

    /// Called every now and then, so that a batch does not wait for ever to become full.
    pub(crate) fn tick(&self, now: Instant) {
        let mut open = self.open.borrow_mut();
        if open
            .begun
            .is_some_and(|begun| now.saturating_duration_since(begun) >= BATCH_AGE)
        {
            self.seal(&mut open);
        }
    }

    /// No more spans will come: [`Exporter::send_all`] ends when all are sent.
    pub(crate) fn close(&self) {
        self.seal(&mut self.open.borrow_mut());
        self.closing.set(true);
        self.sealed.notify_one();
    }

    /// Whatever was not sent is given up, and counted.
    pub(crate) fn abandon(&self) {
        let waiting = self.waiting_spans.take();
        self.count(|counts| counts.dropped += waiting);
        self.full.borrow_mut().clear();
    }

    fn seal(&self, open: &mut Batch) {
        if open.spans > 0 {
            let next = Batch {
                bytes: std::mem::take(&mut *self.spare.borrow_mut()),
                ..Batch::default()
            };
            self.full.borrow_mut().push_back(std::mem::replace(open, next));
            self.sealed.notify_one();
        }
    }

    fn count(&self, change: impl FnOnce(&mut SpanCounts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// Sends batches until the exporter is closed and empty.
    pub(crate) async fn send_all(&self) {
        let mut connection = None;
        loop {
            let Some(mut batch) = self.full.borrow_mut().pop_front() else {
                if self.closing.get() {
                    return;
                }
                self.sealed.notified().await;
                continue;
            };
            let taken = self.send(&batch, &mut connection).await;
            self.count(|counts| match taken {
                true => counts.exported += batch.spans,
                false => counts.dropped += batch.spans,
            });
            self.waiting_spans.set(self.waiting_spans.get() - batch.spans);
            self.waiting_bytes
                .set(self.waiting_bytes.get() - batch.bytes.len());
            batch.bytes.clear();
            *self.spare.borrow_mut() = batch.bytes;
        }
    }

    /// Sends one batch, again if that makes sense; whether it was taken.
    async fn send(&self, batch: &Batch, connection: &mut Option<TcpStream>) -> bool {
        let mut head = Vec::new();
        let mut prefix = Vec::new();
        self.envelope.encode(batch.bytes.len(), &mut prefix);
        self.post
            .encode_head(&self.endpoint, prefix.len() + batch.bytes.len(), &mut head);
        head.extend_from_slice(&prefix);
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE_BETWEEN_ATTEMPTS * attempt).await;
            }
            let exchange = self.exchange(&head, &batch.bytes, connection);
            let answer = tokio::time::timeout(SEND_TIMEOUT, exchange).await;
            match answer.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                Ok(answer) if answer.status < 300 => return true,
                // As the OTLP specification says: these, and a broken connection, are worth another attempt.
                Ok(answer) if !matches!(answer.status, 429 | 502..=504) => return false,
                Ok(_) => {}
                Err(_) => *connection = None,
            }
        }
        false
    }

    async fn exchange(
        &self,
        head: &[u8],
        body: &[u8],
        connection: &mut Option<TcpStream>,
    ) -> io::Result<Answer> {
        // Taken out, so that a connection on which an exchange was broken off is never used again.
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(head).await?;
        stream.write_all(body).await?;
        let mut reader = ResponseReader::new(false);
        let mut buffer = [0; 4096];
        let answer = loop {
            let count = stream.read(&mut buffer).await?;
            let answer = match count {
                0 => Some(reader.close().ok_or(io::ErrorKind::UnexpectedEof)?),
                _ => reader
                    .feed(&buffer[..count])
                    .map_err(|_| io::ErrorKind::InvalidData)?,
            };
            if let Some(answer) = answer {
                break answer;
            }
        };
        if answer.keep_alive {
            *connection = Some(stream);
        }
        Ok(answer)
    }
}
