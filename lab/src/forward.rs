//! A second copy of all that is accepted, sent as it came to another OTLP/HTTP backend. It never slows receiving: what
//! the backend does not take in time is counted and let go.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, StatusCode, header};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Failure;
use crate::receive::Form;
use crate::signals::Signal;

/// How many bytes of requests may wait to be sent.
const QUEUE_BYTES: usize = 32 << 20;
/// How long the backend may take for one request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a request is sent that the backend asks to send again.
const TRIES: u32 = 4;
/// The longest wait before sending again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long the rest may take when the lab stops.
const LAST: Duration = Duration::from_secs(5);

/// A request as it came, still compressed if it was.
#[derive(Debug)]
pub struct Original {
    pub signal: Signal,
    pub form: Form,
    pub encoding: Option<String>,
    pub body: Bytes,
}

/// The queue's near end.
pub struct Forwarder {
    url: String,
    queue: Mutex<Option<mpsc::UnboundedSender<Original>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    progress: Arc<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    waiting_bytes: AtomicUsize,
    waiting: AtomicU64,
    forwarded: AtomicU64,
    failed: AtomicU64,
    error: Mutex<Option<String>>,
}

/// What `/lab/spans` says about the copy, in requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub url: String,
    pub forwarded: u64,
    pub failed: u64,
    pub waiting: u64,
    /// What was the matter last.
    pub error: Option<String>,
}

impl Forwarder {
    /// Starts to send to the backend at this URL; to be called within a runtime.
    pub fn start(url: &str) -> Result<Self, Failure> {
        let help = "give a URL such as http://127.0.0.1:4318";
        let parsed = reqwest::Url::parse(url)
            .map_err(|error| Failure::input(format!("--forward {url}: {error}"), help))?;
        if parsed.scheme() != "http" {
            return Err(Failure::input(
                format!("--forward {url}: only http is spoken"),
                help,
            ));
        }
        // Telemetry goes where it is told, not through whatever proxy the environment names.
        let client = Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Failure::execution(format!("--forward {url}: {error}"), help))?;
        let progress = Arc::new(Progress::default());
        let (queue, requests) = mpsc::unbounded_channel();
        let url = url.trim_end_matches('/').to_owned();
        let task = tokio::spawn(send_all(client, url.clone(), requests, Arc::clone(&progress)));
        Ok(Self {
            url,
            queue: Mutex::new(Some(queue)),
            task: Mutex::new(Some(task)),
            progress,
        })
    }

    /// Queues a copy, or counts it as failed if too many wait.
    pub fn forward(&self, original: Original) {
        let bytes = original.body.len();
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.progress.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        self.progress.waiting.fetch_add(1, Ordering::AcqRel);
        let full = before > 0 && before.saturating_add(bytes) > QUEUE_BYTES;
        let sent = match queue.as_ref() {
            Some(queue) if !full => queue.send(original).is_ok(),
            _ => false,
        };
        if !sent {
            self.progress.done(
                bytes,
                Err("the backend is too slow: too much is waiting".to_owned()),
            );
        }
    }

    pub fn report(&self) -> Report {
        Report {
            url: self.url.clone(),
            forwarded: self.progress.forwarded.load(Ordering::Acquire),
            failed: self.progress.failed.load(Ordering::Acquire),
            waiting: self.progress.waiting.load(Ordering::Acquire),
            error: self
                .progress
                .error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// Sends what waits, as far as that is possible in a few seconds.
    pub async fn finish(&self) -> Report {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let abort = task.abort_handle();
            if tokio::time::timeout(LAST, task).await.is_err() {
                abort.abort();
                let left = self.progress.waiting.swap(0, Ordering::AcqRel);
                self.progress.failed.fetch_add(left, Ordering::AcqRel);
            }
        }
        self.report()
    }
}

impl Progress {
    fn done(&self, bytes: usize, result: Result<(), String>) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        match result {
            Ok(()) => self.forwarded.fetch_add(1, Ordering::AcqRel),
            Err(error) => {
                *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                self.failed.fetch_add(1, Ordering::AcqRel)
            }
        };
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn send_all(
    client: Client,
    url: String,
    mut requests: mpsc::UnboundedReceiver<Original>,
    progress: Arc<Progress>,
) {
    while let Some(original) = requests.recv().await {
        let result = send(&client, &url, &original).await;
        progress.done(original.body.len(), result);
    }
}

/// Sends one request, again if the backend cannot be reached or asks for it.
async fn send(client: &Client, url: &str, original: &Original) -> Result<(), String> {
    let mut wait = Duration::from_millis(100);
    let mut tries = 1;
    loop {
        let (error, after) = match request(client, url, original).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) if may_be_tried_again(answer.status()) => (
                format!("the backend answered {}", answer.status()),
                retry_after(answer.headers()),
            ),
            Ok(answer) => return Err(format!("the backend answered {}", answer.status())),
            Err(error) => (error.without_url().to_string(), None),
        };
        if tries == TRIES {
            return Err(error);
        }
        tokio::time::sleep(after.unwrap_or(wait).min(LONGEST_WAIT)).await;
        wait *= 2;
        tries += 1;
    }
}

fn request(client: &Client, url: &str, original: &Original) -> reqwest::RequestBuilder {
    let content_type = match original.form {
        Form::Protobuf => "application/x-protobuf",
        Form::Json => "application/json",
    };
    let request = client
        .post(format!("{url}{}", original.signal.http_path()))
        .header(header::CONTENT_TYPE, content_type)
        .body(original.body.clone());
    match &original.encoding {
        Some(encoding) => request.header(header::CONTENT_ENCODING, encoding),
        None => request,
    }
}

fn may_be_tried_again(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()
        .map(Duration::from_secs)
}
