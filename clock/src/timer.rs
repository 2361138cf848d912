//! A precise timer for one sleeper at a time.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A kernel timer on the runtime's reactor. Whoever sleeps often keeps one and uses it again: making one costs two system
/// calls and a file descriptor.
#[derive(Debug)]
pub struct Timer {
    descriptor: AsyncFd<OwnedFd>,
    /// `Instant` hides its reading, so the distance is kept between one `Instant` and the kernel's clock. The `Instant`
    /// is read first, so that a sleep can only be late, never early.
    anchor: Instant,
    anchor_reading: Duration,
}

impl Timer {
    /// A timer that is not set. Must be called within a Tokio runtime with I/O enabled; fails when the process is out of
    /// file descriptors.
    pub fn new() -> io::Result<Self> {
        let descriptor = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        // SAFETY: an `OwnedFd` is open until it is dropped, and always names the same descriptor; nobody else has it.
        let descriptor = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE)? };
        let anchor = Instant::now();
        let reading = clock_gettime(ClockId::Monotonic);
        Ok(Self {
            descriptor,
            anchor,
            // Neither part of the monotonic clock is ever negative, and a nanosecond part fits in 30 bits.
            anchor_reading: Duration::new(reading.tv_sec.unsigned_abs(), reading.tv_nsec as u32),
        })
    }

    /// Waits for that moment; returns at once if it has passed. A future that is dropped before it is done leaves the
    /// timer fit for use.
    pub async fn sleep_until(&mut self, deadline: Instant) -> io::Result<()> {
        if deadline <= Instant::now() {
            return Ok(());
        }
        let at = self.anchor_reading + deadline.saturating_duration_since(self.anchor);
        let setting = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec {
                tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(at.subsec_nanos()),
            },
        };
        // Setting the timer also forgets an expiry that an earlier, dropped sleep never read.
        timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::ABSTIME, &setting)?;
        self.expired().await
    }

    /// Waits for so long, counted from the call.
    pub async fn sleep(&mut self, duration: Duration) -> io::Result<()> {
        match Instant::now().checked_add(duration) {
            Some(deadline) => self.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }

    async fn expired(&mut self) -> io::Result<()> {
        loop {
            let mut guard = self.descriptor.readable().await?;
            let mut expirations = [0; 8];
            match guard.try_io(|descriptor| Ok(rustix::io::read(descriptor, &mut expirations)?)) {
                Ok(Ok(_)) => {
                    // It expires once only, so there is nothing more to read, and the next sleep need not try.
                    guard.clear_ready();
                    return Ok(());
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                // The readiness was that of an earlier sleep; it is cleared now.
                Err(_would_block) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wakes_after_the_deadline_and_soon() {
        let mut timer = Timer::new().expect("a file descriptor");
        let mut lateness = Vec::new();
        for _ in 0..41 {
            let deadline = Instant::now() + Duration::from_micros(1_500);
            timer.sleep_until(deadline).await.expect("the timer works");
            let now = Instant::now();
            assert!(now >= deadline, "woke {:?} early", deadline - now);
            lateness.push(now - deadline);
        }
        lateness.sort();
        // Tens of microseconds on an idle machine; the bound is for one that is busy with other tests.
        assert!(
            lateness[20] < Duration::from_millis(10),
            "the median is {:?} late",
            lateness[20]
        );
    }

    #[tokio::test]
    async fn a_deadline_in_the_past_does_not_wait() {
        let mut timer = Timer::new().expect("a file descriptor");
        timer.sleep_until(Instant::now()).await.expect("the timer works");
        timer.sleep(Duration::ZERO).await.expect("the timer works");
    }

    #[tokio::test]
    async fn a_sleep_that_was_dropped_does_not_wake_the_next_one() {
        let mut timer = Timer::new().expect("a file descriptor");
        for _ in 0..5 {
            {
                let mut sleep = std::pin::pin!(timer.sleep(Duration::from_micros(200)));
                let waker = std::task::Waker::noop();
                let mut context = std::task::Context::from_waker(waker);
                assert!(sleep.as_mut().poll(&mut context).is_pending());
                // Let it expire unread, and the reactor see it.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let start = Instant::now();
            timer
                .sleep(Duration::from_millis(5))
                .await
                .expect("the timer works");
            assert!(start.elapsed() >= Duration::from_millis(5));
        }
    }

    #[tokio::test]
    async fn a_sleep_without_end_can_be_dropped() {
        let mut timer = Timer::new().expect("a file descriptor");
        let endless = tokio::time::timeout(Duration::from_millis(5), timer.sleep(Duration::MAX)).await;
        assert!(endless.is_err());
        timer
            .sleep(Duration::from_millis(1))
            .await
            .expect("the timer works");
    }
}
