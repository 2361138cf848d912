//! The programs that ours are measured against: where they are found, and how each is installed by its own registry's client.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;

/// A program that ours is measured against, or with.
pub struct Peer {
    /// Its program's name.
    pub program: &'static str,
    source: Source,
}

enum Source {
    /// A package of Debian's.
    Debian(&'static str),
    /// A crate, with the options it needs.
    Cargo(&'static str, &'static [&'static str]),
    /// A Go package, and the name that `go install` gives the program.
    Go(&'static str, &'static str),
    /// A Go module at a version, and the package in it; for modules that `go install` refuses for what they replace.
    GoModule(&'static str, &'static str),
}

/// A fast HTTP load generator in C.
pub const WRK: Peer = Peer {
    program: "wrk",
    source: Source::Debian("wrk"),
};
/// The web server that answers the generators.
pub const NGINX: Peer = Peer {
    program: "nginx",
    source: Source::Debian("nginx-light"),
};
/// A load generator in Rust.
pub const OHA: Peer = Peer {
    program: "oha",
    source: Source::Cargo("oha", &["--no-default-features", "--features", "rustls"]),
};
/// A load generator in Go, driven by JavaScript.
pub const K6: Peer = Peer {
    program: "k6",
    source: Source::Go("go.k6.io/k6", "k6"),
};
/// A fault proxy in Go.
pub const TOXIPROXY: Peer = Peer {
    program: "toxiproxy-server",
    source: Source::Go("github.com/Shopify/toxiproxy/v2/cmd/server", "server"),
};

/// A tracing backend in Go, all of it in one process.
pub const JAEGER: Peer = Peer {
    program: "jaeger",
    source: Source::GoModule("github.com/jaegertracing/jaeger@v1.76.0", "./cmd/jaeger"),
};

const ALL: [&Peer; 6] = [&WRK, &NGINX, &OHA, &K6, &TOXIPROXY, &JAEGER];

impl Peer {
    /// The program, or a message that says how to have it.
    pub fn find(&self) -> Result<PathBuf, String> {
        let own = folder()
            .map(|folder| folder.join("bin").join(self.program))
            .filter(|path| path.is_file());
        // Debian keeps servers in a folder that not every user has on the path.
        let system = || Some(Path::new("/usr/sbin").join(self.program)).filter(|path| path.is_file());
        own.or_else(|| shell::find(self.program))
            .or_else(system)
            .ok_or_else(|| {
                format!(
                    "{} is not here: `cargo xtask bench --install-peers`, or {}",
                    self.program,
                    self.by_hand()
                )
            })
    }

    fn by_hand(&self) -> String {
        match self.source {
            Source::Debian(package) => format!("`apt-get install {package}`"),
            Source::Cargo(name, options) => format!("`cargo install {name} --locked {}`", options.join(" ")),
            Source::Go(package, name) if name == self.program => format!("`go install {package}@latest`"),
            Source::Go(package, name) => format!("`go install {package}@latest` and rename `{name}`"),
            Source::GoModule(module, package) => {
                format!("`go mod download {module}`, and there `go build {package}`")
            }
        }
    }

    /// Installs it by its registry's client.
    pub fn install(&self) -> Result<(), String> {
        let folder = folder().ok_or("neither XDG_CACHE_HOME nor HOME says where peers may be kept")?;
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).map_err(|error| format!("{}: {error}", programs.display()))?;
        match self.source {
            Source::Debian(package) if shell::can_install_packages() => shell::install_packages(&[package]),
            Source::Debian(_) => Err(format!("only root on Debian can install {}", self.program)),
            Source::Cargo(name, options) => {
                // Its own target folder, or the workspace's configuration would have a say.
                let target = tempfile::tempdir().map_err(|error| error.to_string())?;
                let mut cargo = Command::new(crate::binary::cargo());
                cargo
                    .args(["install", name, "--locked"])
                    .args(options)
                    .arg("--root")
                    .arg(&folder);
                shell::run(cargo.env("CARGO_TARGET_DIR", target.path()))
            }
            Source::Go(package, name) => {
                shell::run(
                    Command::new("go")
                        .args(["install", &format!("{package}@latest")])
                        .env("GOBIN", &programs),
                )?;
                fs::rename(programs.join(name), programs.join(self.program))
                    .map_err(|error| format!("{}: {error}", self.program))
            }
            Source::GoModule(module, package) => {
                build_go_module(module, package, &programs.join(self.program))
            }
        }
    }
}

/// Builds a package of a module in a copy of it, since Go's own is read-only.
fn build_go_module(module: &str, package: &str, program: &Path) -> Result<(), String> {
    let download = Command::new("go")
        .args(["mod", "download", "-json", module])
        .output()
        .map_err(|error| format!("go: {error}"))?;
    let answer: serde_json::Value =
        serde_json::from_slice(&download.stdout).map_err(|error| format!("go mod download: {error}"))?;
    let source = answer["Dir"]
        .as_str()
        .ok_or_else(|| format!("go mod download {module}: {}", answer["Error"]))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let copy = folder.path().join("module");
    shell::run(Command::new("cp").args(["-r", source]).arg(&copy))?;
    shell::run(Command::new("chmod").args(["-R", "u+w"]).arg(&copy))?;
    shell::run(
        Command::new("go")
            .args(["build", "-o"])
            .arg(program)
            .arg(package)
            .current_dir(&copy),
    )
}

/// Installs those that are missing; one that cannot be had is said and left out.
pub fn install_missing() {
    for peer in ALL {
        if peer.find().is_err()
            && let Err(message) = peer.install()
        {
            eprintln!("warning: {message}");
        }
    }
}

/// Where peers are kept, so that they are built once a machine.
fn folder() -> Option<PathBuf> {
    cache().map(|cache| cache.join("peers"))
}

/// The project's own part of the user's cache.
pub fn cache() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    Some(cache.join("faultmart"))
}
