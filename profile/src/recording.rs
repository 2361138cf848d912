//! One recording at a time: begun, counted on a thread of its own, ended, and turned into a file.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::format::{self, Measured};
use crate::image;
use crate::sampler::Ring;
use crate::stacks::Stacks;

/// How long the thread that counts sleeps at most when there is nothing to count.
const IDLE: Duration = Duration::from_millis(500);

/// Whether one is under way.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// One at a time.
    #[error("a profile is being recorded already")]
    Busy,
    /// This machine does not let us.
    #[error("processor time cannot be sampled here: {0}")]
    Impossible(#[from] io::Error),
}

/// A recording that is under way. Dropping it gives it up.
#[derive(Debug)]
pub struct Recording {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Vec<u8>, ProfileError>>>,
}

/// Given back when the recording is over.
struct Turn;

impl Drop for Turn {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Release);
    }
}

/// Begins to record.
///
/// # Errors
///
/// When one is being recorded already, or this machine does not let us.
pub fn start() -> Result<Recording, ProfileError> {
    if BUSY.swap(true, Ordering::AcqRel) {
        return Err(ProfileError::Busy);
    }
    let turn = Turn;
    let ring = Ring::get()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = thread::Builder::new().name("profile".to_owned()).spawn(move || {
        let recorded = record(ring, &stopped);
        drop(turn);
        recorded
    })?;
    Ok(Recording {
        stop,
        thread: Some(thread),
    })
}

impl Recording {
    /// Ends it and gives the profile, compressed, as `go tool pprof` reads it. Blocks while names are looked up.
    ///
    /// # Errors
    ///
    /// When this machine did not let us.
    pub fn finish(mut self) -> Result<Vec<u8>, ProfileError> {
        self.end();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(recorded)) => recorded,
            _ => Err(io::Error::other("the thread that counts has panicked").into()),
        }
    }

    fn end(&self) {
        self.stop.store(true, Ordering::Release);
        if let Ok(ring) = Ring::get() {
            ring.wake();
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.end();
    }
}

fn record(ring: &Ring, stop: &AtomicBool) -> Result<Vec<u8>, ProfileError> {
    let files = image::mapped()?;
    let mut stacks = Stacks::new(&files);
    let mut counted: HashMap<(i32, Vec<u64>), i64> = HashMap::new();
    let mut count = |sample: &crate::sampler::Sample| {
        *counted.entry((sample.thread, stacks.of(sample))).or_default() += 1;
    };
    let (began, clock) = (SystemTime::now(), Instant::now());
    ring.begin()?;
    while !stop.load(Ordering::Acquire) {
        ring.wait(IDLE);
        ring.take_all(&mut count);
    }
    let lost = ring.end();
    ring.take_all(&mut count);
    let measured = Measured {
        began,
        lasted: clock.elapsed(),
        counted,
        lost,
    };
    Ok(format::encode(&files, &measured)?)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::Mutex;

    use super::*;

    /// Processor time of this thread.
    fn used() -> Duration {
        // SAFETY: all-zero bytes are a valid `timespec`.
        let mut time: libc::timespec = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a local that outlives the call.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
    }

    #[inline(never)]
    fn works_hard(until: Duration) -> u64 {
        let mut sum = 0_u64;
        while used() < until {
            sum = adds_up(sum);
        }
        sum
    }

    #[inline(always)]
    fn adds_up(mut sum: u64) -> u64 {
        for number in 0..10_000_u64 {
            sum = black_box(sum.wrapping_add(number * number));
        }
        sum
    }

    #[inline(never)]
    fn waits_long(lock: &Mutex<()>) {
        drop(lock.lock().unwrap());
    }

    #[test]
    fn work_is_seen_by_name_and_waiting_is_not() {
        let lock = Mutex::new(());
        let held = lock.lock().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| waits_long(&lock));
            let recording = start().unwrap();
            assert!(matches!(start(), Err(ProfileError::Busy)));
            works_hard(used() + Duration::from_millis(600));
            let profile = crate::decode(&recording.finish().unwrap()).unwrap();
            drop(held);
            let all = profile.samples();
            assert!(all >= 20, "{all} samples of 600 ms");
            let working = profile.samples_with("works_hard");
            assert!(working * 2 > all, "{working} of {all} in works_hard");
            assert!(
                profile.samples_with("work_is_seen_by_name") >= working / 2,
                "the caller is known as well"
            );
            let inlined = profile.samples_with("profile::recording::adds_up");
            assert!(
                inlined * 2 > working,
                "{inlined} of {working} in what was inlined"
            );
            assert_eq!(profile.samples_with("waits_long"), 0);
            // It is over, so that another one may begin.
            drop(start().unwrap());
        });
    }
}
