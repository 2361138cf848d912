//! One part: a child process of the same binary, from start to exit status.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::io::FdFlags;
use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use faults::control::SET_FAULTS;

use super::Socket;
use crate::Failure;

/// How much of the log's end is searched for a dead part's last words.
const LOG_TAIL_BYTES: u64 = 64 * 1024;
/// How many of a dead part's log lines are shown.
const LAST_LINES: usize = 5;

/// What a user's environment may say to one program and must not say to all parts of a run: each has its own name, and all
/// send to the run's lab.
const NOT_INHERITED: [&str; 14] = [
    "OTEL_SERVICE_NAME",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "FAULTMART_LISTEN",
    "FAULTMART_DATABASE",
    "FAULTMART_UPSTREAMS",
    "FAULTMART_COUNTERS",
];

/// What a part is started with.
#[derive(Debug)]
pub struct Recipe {
    /// `orders`.
    pub name: &'static str,
    /// What follows `faultmart serve NAME`.
    pub arguments: Vec<String>,
    /// Added to the parent's environment.
    pub environment: Vec<(&'static str, OsString)>,
    /// What it listens on.
    pub sockets: Vec<Socket>,
    /// Where its log lines go: appended, shared with the others.
    pub log: PathBuf,
}

/// A running part.
#[derive(Debug)]
pub struct Part {
    name: &'static str,
    child: Child,
    /// The parent's end of the pipe whose closing tells the child that the parent is gone.
    _lifeline: ChildStdin,
    log: PathBuf,
}

/// A part that ended when it should not have.
#[derive(Debug)]
pub struct Death {
    /// Which.
    pub name: &'static str,
    /// How.
    pub status: ExitStatus,
    /// Why, in its own words, if it found any.
    pub words: Option<LastWords>,
    /// What it said last.
    pub last_lines: Vec<String>,
}

/// How a part that gives up says so: a line `error: NAME: …`, and one `help: …` if there is something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    message: String,
    help: Option<String>,
}

impl Part {
    /// Starts the part, with these faults set in it. Must be called from a thread that lasts as long as the part should: the kernel's parent-death signal
    /// fires when the spawning *thread* ends.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the process cannot be started or its log cannot be opened.
    pub fn start(binary: &Path, recipe: &Recipe, set: Option<String>) -> Result<Self, Failure> {
        let cannot = |error: io::Error| Failure::run(format!("cannot start {}: {error}", recipe.name));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&recipe.log)
            .map_err(cannot)?;
        let inherited: Vec<RawFd> = recipe.sockets.iter().map(Socket::number).collect();
        let mut command = Command::new(binary);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command
            .arg("serve")
            .arg(recipe.name)
            .args(&recipe.arguments)
            .arg("--exit-on-stdin-close")
            .envs(recipe.environment.iter().map(|(name, value)| (name, value)))
            .envs(set.map(|set| (SET_FAULTS, set)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            // A group of its own, so that Ctrl-C on the terminal reaches the parent alone, which then stops all in order.
            .process_group(0)
            .kill_on_drop(true);
        // SAFETY: the closure makes only async-signal-safe system calls and allocates nothing.
        unsafe { command.pre_exec(move || prepare_child(&inherited)) };
        let mut child = command.spawn().map_err(cannot)?;
        let lifeline = child
            .stdin
            .take()
            .ok_or_else(|| cannot(io::Error::other("no pipe to its standard input")))?;
        Ok(Self {
            name: recipe.name,
            child,
            _lifeline: lifeline,
            log: recipe.log.clone(),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its process number, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the line in which the part says that it is ready.
    ///
    /// # Errors
    ///
    /// The part's death, when its output ends before that line.
    pub async fn ready(&mut self) -> Result<(), Death> {
        if let Some(output) = self.child.stdout.as_mut() {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line).await;
            // Not by its first bytes: the order of the keys is not promised.
            let said = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
            if read.is_ok() && said.get("ready").is_some() {
                return Ok(());
            }
        }
        Err(self.died().await)
    }

    /// Waits until the part ends, whenever that is, and tells how.
    pub async fn died(&mut self) -> Death {
        let status = self
            .child
            .wait()
            .await
            .unwrap_or_else(|_| ExitStatus::from_raw(-1));
        let text = tail(&self.log).unwrap_or_default();
        Death {
            name: self.name,
            status,
            words: last_words(&text, self.name),
            last_lines: last_lines(&text, self.name),
        }
    }

    /// Asks the part to stop: drain, flush, exit.
    pub fn terminate(&self) {
        if let Some(pid) = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
        {
            // It may have ended in this very moment, which is what was asked for.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
    }

    /// Ends the part at once.
    pub async fn kill(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill().await;
    }
}

/// In the child, before the binary is loaded: keep the sockets open, and die with the parent.
fn prepare_child(inherited: &[RawFd]) -> io::Result<()> {
    for &number in inherited {
        // SAFETY: the parent holds the socket open until after the child has been started.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        rustix::io::fcntl_setfd(descriptor, FdFlags::empty())?;
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// The last lines in the log that are this part's: those that name it, and those that are no JSON (a panic's).
fn last_lines(log: &str, name: &str) -> Vec<String> {
    let marker = format!("\"service\":\"{name}\"");
    let mut lines: Vec<String> = log
        .lines()
        .filter(|line| line.contains(&marker) || (!line.is_empty() && !line.starts_with('{')))
        .map(str::to_owned)
        .collect();
    lines.split_off(lines.len().saturating_sub(LAST_LINES))
}

/// What this part gave as the reason of its end.
fn last_words(log: &str, name: &str) -> Option<LastWords> {
    let marker = format!("error: {name}: ");
    let mut lines = log.lines().skip_while(|line| !line.starts_with(&marker));
    let message = lines.next()?.strip_prefix("error: ")?.to_owned();
    let help = lines.next().and_then(|line| line.strip_prefix("help: "));
    Some(LastWords {
        message,
        help: help.map(str::to_owned),
    })
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where to look when nothing better is known.
const WHOLE_LOG: &str = "the run folder's log.txt has the whole log";

impl Death {
    /// Why it gave up, if it did and said so.
    #[must_use]
    pub fn last_words(&self) -> Option<Failure> {
        let words = self.words.as_ref()?;
        let code = self.status.code().filter(|code| matches!(code, 2 | 3))?;
        Some(Failure {
            code: u8::try_from(code).ok()?,
            message: words.message.clone(),
            help: Some(words.help.clone().unwrap_or_else(|| WHOLE_LOG.to_owned())),
        })
    }
}

impl From<Death> for Failure {
    fn from(death: Death) -> Self {
        if let Some(failure) = death.last_words() {
            return failure;
        }
        let status = match (death.status.code(), death.status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "an unknown status".to_owned(),
        };
        let mut message = format!("{} ended with {status}", death.name);
        if !death.last_lines.is_empty() {
            message.push_str("; its last log lines:");
            for line in &death.last_lines {
                message.push_str("\n  ");
                message.push_str(line);
            }
        }
        Failure::run(message).help(WHOLE_LOG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
{\"service\":\"users\",\"message\":\"ready\"}
error: users: no room
help: make some
{\"service\":\"orders\",\"message\":\"loading\"}
error: orders: the disk is full
error: wire: cannot listen
";

    fn death(name: &'static str, status: i32) -> Death {
        Death {
            name,
            status: ExitStatus::from_raw(status),
            words: last_words(LOG, name),
            last_lines: last_lines(LOG, name),
        }
    }

    #[test]
    fn a_part_that_says_why_it_gave_up_is_taken_at_its_word() {
        let users = Failure::from(death("users", 3 << 8));
        assert_eq!(users, Failure::run("users: no room").help("make some"));
        let orders = Failure::from(death("orders", 2 << 8));
        assert_eq!(
            (orders.code, orders.message.as_str()),
            (2, "orders: the disk is full")
        );
        assert!(orders.help.is_some_and(|help| help.contains("log.txt")));
    }

    #[test]
    fn a_part_that_was_killed_is_not() {
        let users = Failure::from(death("users", 9));
        assert_eq!(users.code, 3);
        assert!(users.message.starts_with("users ended with signal 9"), "{users}");
        let catalog = Failure::from(death("catalog", 3 << 8));
        assert!(
            catalog.message.starts_with("catalog ended with exit status 3"),
            "{catalog}"
        );
    }
}
