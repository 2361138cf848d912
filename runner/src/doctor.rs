//! Whether this machine can carry out a run: what would stand in its way, found before it starts.

use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::parts::DatabaseChoice;
use crate::run::database_choice;

/// How long a part may take to say that it is ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// What a run and its databases need at most in the temporary folder, on the catalogue's scales.
const WANTED_DISK_BYTES: u64 = 500_000_000;
/// Files and sockets: the generator alone may open a thousand.
const WANTED_DESCRIPTORS: u64 = 4_096;
/// The ports of `faultmart up`.
const UP_PORTS: [u16; 4] = [4600, 4617, 4618, 4680];

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// A run works, with a restriction.
    Fair,
    /// A run cannot work.
    Bad,
}

impl State {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What.
    pub check: &'static str,
    /// How it is.
    pub state: State,
    /// In words, with what to do where it is not good.
    pub detail: String,
}

/// Looks at everything; `database` is tried if it is given.
#[must_use]
pub fn examine(database: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![
        cores(),
        temporary_folder(),
        run_folder(),
        descriptors(),
        loopback(),
        ports(),
    ];
    findings.extend(database.map(try_database));
    findings
}

/// Asks a part whether it is ready, at the URL of its `/readyz`.
#[must_use]
pub fn ask(url: &str) -> Finding {
    let answer = reqwest::blocking::Client::builder()
        .no_proxy()
        .timeout(ANSWER_WITHIN)
        .build()
        .and_then(|client| client.get(url).send());
    let (state, detail) = match answer {
        Ok(answer) if answer.status().is_success() => (State::Good, answer.status().to_string()),
        Ok(answer) => (State::Bad, answer.status().to_string()),
        Err(error) => (State::Bad, error.to_string()),
    };
    Finding {
        check: "answer",
        state,
        detail,
    }
}

fn cores() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (state, hint) = if cores > 1 {
        (State::Good, "")
    } else {
        (
            State::Fair,
            ": load and shop share it, so latencies are less sharp",
        )
    };
    Finding {
        check: "cores",
        state,
        detail: format!("{cores}{hint}"),
    }
}

fn temporary_folder() -> Finding {
    let folder = std::env::temp_dir();
    let (state, detail) = match (free_bytes(&folder), tempfile::tempdir()) {
        (_, Err(error)) => (
            State::Bad,
            format!("{} cannot be written: {error}; set TMPDIR", folder.display()),
        ),
        (Some(free), _) if free < WANTED_DISK_BYTES => (
            State::Fair,
            format!(
                "{} MB free in {}; large scales need {} MB",
                free / 1_000_000,
                folder.display(),
                WANTED_DISK_BYTES / 1_000_000
            ),
        ),
        (Some(free), _) => (
            State::Good,
            format!("{} MB free in {}", free / 1_000_000, folder.display()),
        ),
        (None, _) => (State::Good, folder.display().to_string()),
    };
    Finding {
        check: "temporary",
        state,
        detail,
    }
}

fn run_folder() -> Finding {
    let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let (state, detail) = match tempfile::tempfile_in(&folder) {
        Ok(_) => (
            State::Good,
            format!("runs are kept in {}", folder.join("runs").display()),
        ),
        Err(error) => (
            State::Bad,
            format!("{} cannot be written: {error}; use `--out DIR`", folder.display()),
        ),
    };
    Finding {
        check: "results",
        state,
        detail,
    }
}

fn descriptors() -> Finding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let (state, detail) = match limit {
        Some(limit) if limit < WANTED_DESCRIPTORS => (
            State::Fair,
            format!(
                "{limit} open files; for more than a few hundred connections: `ulimit -n {WANTED_DESCRIPTORS}`"
            ),
        ),
        Some(limit) => (State::Good, format!("{limit} open files")),
        None => (State::Good, "no limit on open files".to_owned()),
    };
    Finding {
        check: "files",
        state,
        detail,
    }
}

fn loopback() -> Finding {
    match TcpListener::bind("127.0.0.1:0") {
        Ok(_) => Finding {
            check: "loopback",
            state: State::Good,
            detail: "127.0.0.1 can be listened on".into(),
        },
        Err(error) => Finding {
            check: "loopback",
            state: State::Bad,
            detail: format!("127.0.0.1 cannot be listened on: {error}"),
        },
    }
}

fn ports() -> Finding {
    let taken: Vec<String> = UP_PORTS
        .iter()
        .filter(|port| TcpListener::bind(("127.0.0.1", **port)).is_err())
        .map(ToString::to_string)
        .collect();
    if taken.is_empty() {
        return Finding {
            check: "ports",
            state: State::Good,
            detail: "those of `faultmart up` are free".into(),
        };
    }
    let detail = format!(
        "in use: {}; `faultmart up --port-base PORT` takes others",
        taken.join(", ")
    );
    Finding {
        check: "ports",
        state: State::Fair,
        detail,
    }
}

fn try_database(argument: &str) -> Finding {
    let bad = |detail: String| Finding {
        check: "database",
        state: State::Bad,
        detail,
    };
    let url = match database_choice(Some(argument), PathBuf::new()) {
        Ok(DatabaseChoice::Postgres(url)) => url,
        Ok(DatabaseChoice::Sqlite(_)) => {
            return Finding {
                check: "database",
                state: State::Good,
                detail: "SQLite needs nothing".into(),
            };
        }
        Err(failure) => return bad(failure.message),
    };
    let (host, port) = (url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
    let reached = (host, port)
        .to_socket_addrs()
        .and_then(|mut addresses| {
            addresses
                .next()
                .ok_or_else(|| std::io::Error::other("the name has no address"))
        })
        .and_then(|address| TcpStream::connect_timeout(&address, Duration::from_secs(2)));
    match reached {
        Ok(_) => Finding {
            check: "database",
            state: State::Good,
            detail: format!("a server listens on {host}:{port}"),
        },
        Err(error) => bad(format!("{host}:{port} does not answer: {error}")),
    }
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let file_system = rustix::fs::statvfs(folder).ok()?;
    Some(file_system.f_bavail * file_system.f_frsize)
}
