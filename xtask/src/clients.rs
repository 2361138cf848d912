//! The clients and backends that we did not write and that the tests drive the lab with: each is installed by its own
//! registry's client, once a machine, into the cache, in the versions that the project names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers;
use crate::shell;

/// Where the clients' programs and the lists of their packages are.
const PROGRAMS: &str = "lab/tests/clients";

/// What is here, as the tests' environment variables, and what is not, with the reason.
#[derive(Default)]
pub struct Clients {
    pub environment: Vec<(&'static str, PathBuf)>,
    pub missing: Vec<String>,
}

type Install = fn() -> Result<PathBuf, String>;

/// Installs what is not here yet.
pub fn install() -> Clients {
    let mut clients = Clients::default();
    let all: [(&str, &str, Install); 6] = [
        ("FAULTMART_TEST_PYTHON", "clients in Python", python),
        ("FAULTMART_TEST_NODE_MODULES", "clients in JavaScript", javascript),
        (
            "FAULTMART_TEST_COLLECTOR",
            "an OpenTelemetry Collector",
            collector,
        ),
        (
            "FAULTMART_TEST_PROMETHEUS",
            "a Prometheus that scrapes the lab",
            prometheus,
        ),
        ("FAULTMART_TEST_JAEGER", "what needs a Jaeger", jaeger),
        ("FAULTMART_TEST_ZIPKIN", "what needs a Zipkin", zipkin),
    ];
    for (variable, what, install) in all {
        match install() {
            Ok(path) => clients.environment.push((variable, path)),
            Err(message) => clients.missing.push(format!("{what}: {message}")),
        }
    }
    clients
}

/// A Python of the tests' own with the packages.
fn python() -> Result<PathBuf, String> {
    let how = "install Python 3.10 or later with its module venv (Debian: `apt-get install python3-venv`)";
    let python = shell::find("python3").ok_or_else(|| format!("no Python here; {how}"))?;
    let is_new = "import sys; sys.exit(sys.version_info < (3, 10))";
    shell::read(Command::new(&python).args(["-c", is_new]))
        .map_err(|_| format!("this Python is too old; {how}"))?;
    let version = shell::read(Command::new(&python).arg("--version"))?;
    let requirements = programs().join("python/requirements.txt");
    let folder = folder("python", &[read(&requirements)?, version])?;
    once(&folder, || {
        shell::run(Command::new(&python).args(["-m", "venv"]).arg(&folder))
            .map_err(|error| format!("{error}; {how}"))?;
        shell::run(
            Command::new(folder.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(["--require-hashes", "--requirement"])
                .arg(&requirements),
        )
    })?;
    Ok(folder.join("bin/python"))
}

/// A folder with the packages.
fn javascript() -> Result<PathBuf, String> {
    let how = "install Node 20 or later with npm";
    for program in ["node", "npm"] {
        shell::find(program).ok_or_else(|| format!("no {program} here; {how}"))?;
    }
    let lists = ["package.json", "package-lock.json"].map(|name| programs().join("javascript").join(name));
    let folder = folder("javascript", &[read(&lists[0])?, read(&lists[1])?])?;
    once(&folder, || {
        for list in &lists {
            let name = list.file_name().unwrap_or_default();
            fs::copy(list, folder.join(name)).map_err(|error| format!("{}: {error}", list.display()))?;
        }
        shell::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
                .current_dir(&folder),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// A Collector of the parts that the tests need, built from a list of modules with their checksums.
fn collector() -> Result<PathBuf, String> {
    shell::find("go").ok_or("no Go here; install Go 1.25 or later")?;
    let sources = ["go.mod", "go.sum", "main.go"].map(|name| programs().join("collector").join(name));
    let contents = sources.each_ref().map(|path| read(path));
    let folder = folder("collector", &contents.into_iter().collect::<Result<Vec<_>, _>>()?)?;
    once(&folder, || {
        for source in &sources {
            let name = source.file_name().unwrap_or_default();
            fs::copy(source, folder.join(name)).map_err(|error| format!("{}: {error}", source.display()))?;
        }
        shell::run(
            Command::new("go")
                .args(["build", "-mod=readonly", "-o", "collector", "."])
                .current_dir(&folder),
        )
    })?;
    Ok(folder.join("collector"))
}

/// The one on the path, or Debian's out of its package: installing that would start a service.
fn prometheus() -> Result<PathBuf, String> {
    if let Some(program) = shell::find("prometheus") {
        return Ok(program);
    }
    for program in ["apt-get", "dpkg-deb"] {
        shell::find(program).ok_or("no Prometheus here; put one of version 2.26 or later on the path")?;
    }
    let folder = folder("prometheus", &[])?;
    once(&folder, || {
        if shell::can_install_packages() {
            shell::run(Command::new("apt-get").args(["update", "-qq"]))?;
        }
        shell::run(
            Command::new("apt-get")
                .args(["download", "-qq", "prometheus"])
                .current_dir(&folder),
        )?;
        let is_package = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
        let files = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let package = files.flatten().map(|file| file.path()).find(is_package);
        let package = package.ok_or("`apt-get download prometheus` brought no package")?;
        shell::run(
            Command::new("dpkg-deb")
                .arg("--extract")
                .arg(package)
                .arg(&folder),
        )
    })?;
    Ok(folder.join("usr/bin/prometheus"))
}

fn jaeger() -> Result<PathBuf, String> {
    if peers::JAEGER.find().is_err() && shell::find("go").is_some() {
        peers::JAEGER.install()?;
    }
    peers::JAEGER.find()
}

/// Zipkin's server in one archive, by Maven.
fn zipkin() -> Result<PathBuf, String> {
    let how = "install Java 17 or later and Maven (Debian: `apt-get install default-jre-headless maven`)";
    let is_missing = || {
        ["java", "mvn"]
            .into_iter()
            .find(|program| shell::find(program).is_none())
    };
    if is_missing().is_some() && shell::can_install_packages() {
        shell::install_packages(&["default-jre-headless", "maven"])?;
    }
    if let Some(program) = is_missing() {
        return Err(format!("no {program} here; {how}"));
    }
    let java = shell::read(Command::new("java").arg("--version"))?;
    let release = java.split_whitespace().nth(1).unwrap_or_default();
    let release = release.split(['.', '-']).next().unwrap_or_default();
    if release.parse::<u32>().is_ok_and(|release| release < 17) {
        return Err(format!("this Java is too old; {how}"));
    }
    let version = "3.6.1";
    let folder = folder("zipkin", &[version.to_owned()])?;
    once(&folder, || {
        // Not in a folder that may be a project of its own.
        let mut maven = Command::new("mvn");
        maven.args(["--quiet", "--batch-mode"]);
        maven.arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy");
        maven.arg(format!("-Dartifact=io.zipkin:zipkin-server:{version}:jar:exec"));
        maven.arg(format!("-DoutputDirectory={}", folder.display()));
        shell::run(maven.current_dir(&folder))
    })?;
    Ok(folder.join(format!("zipkin-server-{version}-exec.jar")))
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PROGRAMS)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The folder for an installation of exactly this: another list of packages is another folder.
fn folder(name: &str, contents: &[String]) -> Result<PathBuf, String> {
    let cache = peers::cache().ok_or("neither XDG_CACHE_HOME nor HOME says where to install")?;
    // FNV-1a, which tells lists apart and need not withstand anybody.
    let hash = contents
        .concat()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    Ok(cache.join("clients").join(format!("{name}-{hash:016x}")))
}

/// Installs into the folder unless it was done before; what was begun and not finished is begun anew.
fn once(folder: &Path, install: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let finished = folder.join("finished");
    if finished.is_file() {
        return Ok(());
    }
    let error = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(error)?;
    }
    fs::create_dir_all(folder).map_err(error)?;
    install()?;
    fs::write(finished, "").map_err(error)
}
