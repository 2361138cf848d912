//! A child process that is measured, and that does not outlive the bench.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// How often a process that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a process may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(4);

/// A running child; asked to end, and if need be killed, when dropped.
pub struct Process {
    name: String,
    child: Child,
    ended: bool,
    lines: Receiver<String>,
    errors: File,
}

/// What a child that has ended leaves behind.
pub struct Finished {
    /// All that it printed and nobody has read before.
    pub stdout: String,
    /// Its user and system time, and that of its own children it has waited for.
    pub cpu_seconds: f64,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The last of its standard error.
    pub errors: String,
}

impl Finished {
    /// An error, with the last of its standard error, unless it exited with 0.
    pub fn success(self, name: &str) -> Result<Self, String> {
        if self.code == Some(0) {
            Ok(self)
        } else {
            Err(format!("{name} failed: {}", self.errors))
        }
    }
}

impl Process {
    /// Starts a command with its output captured.
    pub fn start(mut command: Command) -> Result<Self, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let wrong = |error: std::io::Error| format!("`{name}` cannot be started: {error}");
        let errors = tempfile::tempfile().map_err(wrong)?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone().map_err(wrong)?);
        // SAFETY: prctl is async-signal-safe, and nothing is allocated between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn().map_err(wrong)?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self {
            name,
            child,
            ended: false,
            lines,
            errors,
        })
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints.
    pub fn line(&mut self, at_most: Duration) -> Result<String, String> {
        let deadline = Instant::now() + at_most;
        while Instant::now() < deadline {
            interrupt::check()?;
            match self.lines.recv_timeout(Duration::from_millis(50)) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(format!(
            "`{}` did not say that it is ready: {}",
            self.name,
            self.last_errors()
        ))
    }

    /// An error if it has ended, which a server should not.
    pub fn check_running(&mut self) -> Result<(), String> {
        interrupt::check()?;
        match self.reap(libc::WNOHANG)? {
            None => Ok(()),
            Some(_) => Err(format!("`{}` has ended: {}", self.name, self.last_errors())),
        }
    }

    /// Asks it to end, and waits until it has.
    pub fn end(self, at_most: Duration) -> Result<Finished, String> {
        self.ask_to_end();
        self.wait(at_most)
    }

    fn ask_to_end(&self) {
        // SAFETY: the child has not been waited for, so that the number is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
    }

    /// Waits for its end.
    pub fn wait(mut self, at_most: Duration) -> Result<Finished, String> {
        let deadline = Instant::now() + at_most;
        let (status, usage) = loop {
            interrupt::check()?;
            if let Some(ended) = self.reap(libc::WNOHANG)? {
                break ended;
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "`{}` did not end within {} s",
                    self.name,
                    at_most.as_secs()
                ));
            }
            thread::sleep(LOOK);
        };
        Ok(Finished {
            stdout: self.lines.iter().map(|line| line + "\n").collect(),
            cpu_seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
            errors: self.last_errors(),
        })
    }

    fn reap(&mut self, options: libc::c_int) -> Result<Option<(libc::c_int, libc::rusage)>, String> {
        let mut status = 0;
        // SAFETY: a rusage of zeros is valid, and both pointers are to locals that outlive the call.
        let (reaped, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (
                libc::wait4(
                    self.child.id() as libc::pid_t,
                    &raw mut status,
                    options,
                    &raw mut usage,
                ),
                usage,
            )
        };
        match reaped {
            0 => Ok(None),
            -1 => Err(format!("`{}`: {}", self.name, std::io::Error::last_os_error())),
            _ => {
                self.ended = true;
                Ok(Some((status, usage)))
            }
        }
    }

    fn last_errors(&self) -> String {
        // Read without moving the position, which the child shares. What cannot be read is only missing from a message.
        let length = self.errors.metadata().map_or(0, |file| file.len());
        let start = length.saturating_sub(4096);
        let mut text = [0; 4096];
        let read = self.errors.read_at(&mut text, start).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..read]);
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.ask_to_end();
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(self.reap(libc::WNOHANG), Ok(None)) {
                return;
            }
            thread::sleep(LOOK);
        }
        // Killing fails only if it has ended just now, and then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.reap(0);
    }
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}
