//! Reading a request's body: bounded in bytes, in time, and in what all requests together may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::{LARGEST, Refused};

/// How long a body may take.
const SLOWEST: Duration = Duration::from_secs(10);

/// How much room is made at once for what a header promises.
const PROMISED: u64 = 1 << 20;

/// The bytes that all requests under way hold together, and may hold at most.
#[derive(Debug)]
pub struct Pressure {
    held: AtomicUsize,
    limit: usize,
}

impl Pressure {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            held: AtomicUsize::new(0),
            limit,
        })
    }

    /// A share of nothing yet.
    pub fn hold(self: &Arc<Self>) -> Hold {
        Hold {
            pressure: Arc::clone(self),
            bytes: 0,
        }
    }
}

/// A request's share, given back when it is dropped.
#[derive(Debug)]
pub struct Hold {
    pressure: Arc<Pressure>,
    bytes: usize,
}

impl Hold {
    /// Takes more, if there is as much.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        let before = self.pressure.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) > self.pressure.limit {
            Err(Refused::Busy)
        } else {
            Ok(())
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.pressure.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Bytes with the share that they hold.
#[derive(Debug)]
pub struct Held {
    pub bytes: Bytes,
    pub hold: Hold,
}

impl Held {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Reads all of a body.
pub async fn read(body: Body, pressure: &Arc<Pressure>) -> Result<Held, Refused> {
    let reading = tokio::time::timeout(SLOWEST, collect(body, pressure.hold()));
    reading.await.unwrap_or(Err(Refused::TooSlow))
}

async fn collect(mut body: Body, mut hold: Hold) -> Result<Held, Refused> {
    // What the header promises may be refused at once, but memory is taken only for what comes.
    if axum::body::HttpBody::size_hint(&body).lower() > LARGEST as u64 {
        return Err(Refused::TooLarge);
    }
    // Room for what is promised, up to what most requests have: it is not memory before something is written into it.
    let promised = axum::body::HttpBody::size_hint(&body).lower();
    let mut collected = Vec::new();
    let mut only: Option<Bytes> = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refused::Aborted)?.into_data() else {
            continue;
        };
        hold.grow(data.len())?;
        // Most requests come in one piece, which then needs no copy.
        match only.take() {
            None if collected.is_empty() => only = Some(data),
            None => collected.extend_from_slice(&data),
            Some(first) => {
                collected.reserve_exact(promised.min(PROMISED) as usize);
                collected.extend_from_slice(&first);
                collected.extend_from_slice(&data);
            }
        }
        if collected.len() > LARGEST {
            return Err(Refused::TooLarge);
        }
    }
    Ok(Held {
        bytes: only.unwrap_or_else(|| collected.into()),
        hold,
    })
}
