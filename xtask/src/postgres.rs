//! A PostgreSQL server for the length of a chore, in a temporary folder, on a free loopback port.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;

/// A running server; stopped and removed when dropped.
pub struct Postgres {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    small: Option<PathBuf>,
}

/// A database on a disk of its own that is soon full.
pub struct Small {
    /// Where it answers.
    pub url: String,
    /// A folder on the same disk, to fill it from.
    pub disk: PathBuf,
}

impl Postgres {
    /// Starts a server, installing it first where that is possible.
    pub fn start() -> Result<Self, String> {
        let binaries = match binaries() {
            Some(found) => found,
            None if shell::can_install_packages() => {
                shell::install_packages(&["postgresql"])?;
                binaries().ok_or("the package postgresql holds no server")?
            }
            None => {
                return Err(
                    "no PostgreSQL server here; install one (Debian: `apt-get install postgresql`)".into(),
                );
            }
        };
        let folder = std::env::temp_dir().join(format!("faultmart-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if shell::is_root() {
            shell::read(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let port = free_port()?;
        let server = Self {
            binaries,
            folder,
            port,
            small: None,
        };
        server.initialise()?;
        Ok(server)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.database("postgres")
    }

    /// A database whose tables are on a disk of 48 MiB in memory. What the server writes besides is elsewhere, so that nobody else
    /// has to do with it when the disk is full. Needs root.
    pub fn small(&mut self) -> Result<Small, String> {
        if !shell::is_root() {
            return Err("only root can mount the small disk that a test fills".to_owned());
        }
        let mount = self.folder.join("small");
        fs::create_dir_all(&mount).map_err(|error| format!("{}: {error}", mount.display()))?;
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"]);
        shell::read(command.arg(&mount))?;
        self.small = Some(mount.clone());
        let tables = mount.join("tables");
        fs::create_dir_all(&tables).map_err(|error| format!("{}: {error}", tables.display()))?;
        shell::read(Command::new("chown").arg("postgres").arg(&tables))?;
        for statement in [
            format!("CREATE TABLESPACE small LOCATION '{}'", tables.display()),
            "CREATE DATABASE small TABLESPACE small".to_owned(),
        ] {
            let mut psql = self.command("psql");
            psql.args([
                "--no-psqlrc",
                "--quiet",
                "--dbname",
                &self.url(),
                "--command",
                &statement,
            ]);
            shell::read(&mut psql)?;
        }
        Ok(Small {
            url: self.database("small"),
            disk: mount,
        })
    }

    fn database(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    fn initialise(&self) -> Result<(), String> {
        let data = self.folder.join("data");
        shell::read(
            self.command("initdb")
                .args(["--auth=trust", "--username=postgres", "--no-sync", "-D"])
                .arg(&data),
        )?;
        // Nothing here needs to outlive a crash of the machine, and the tests open many connections.
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=400",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log");
        shell::read(
            self.command("pg_ctl")
                .args(["start", "--wait", "--silent", "-D"])
                .arg(&data)
                .arg("-l")
                .arg(log)
                .args(["-o", &options]),
        )?;
        eprintln!("PostgreSQL answers on port {}", self.port);
        Ok(())
    }

    /// One of the server's programs, run as a user it accepts: it refuses root.
    fn command(&self, program: &str) -> Command {
        let path = self.binaries.join(program);
        let mut command = if shell::is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
                .arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stopped = shell::read(
            self.command("pg_ctl")
                .args(["stop", "--silent", "--mode=immediate", "-D"])
                .arg(data),
        );
        if let Err(message) = stopped {
            eprintln!("warning: {message}");
        }
        if let Some(mount) = &self.small
            && let Err(message) = shell::read(Command::new("umount").arg(mount))
        {
            eprintln!("warning: {message}");
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("warning: {}: {error}", self.folder.display());
        }
    }
}

/// The folder of the newest server that is installed.
fn binaries() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").ok().and_then(|versions| {
        versions
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .filter(|folder| folder.join("initdb").is_file())
            .max()
    });
    debian.or_else(|| shell::find("initdb").and_then(|path| path.parent().map(Path::to_path_buf)))
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}
