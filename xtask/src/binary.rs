//! The binary that is measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The cargo that runs this chore.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds `faultmart` for release, if it is not built yet, and says where it is.
pub fn build() -> Result<PathBuf, String> {
    build_with(&[])
}

/// The same, with further arguments for cargo. It takes the place of what was built there before.
pub fn build_with(arguments: &[&str]) -> Result<PathBuf, String> {
    eprintln!("building faultmart for release");
    let mut command = Command::new(cargo());
    command
        .args([
            "build",
            "--release",
            "--package",
            "faultmart",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(arguments);
    // The build's progress is shown; only its messages for programs are read.
    let built = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !built.status.success() {
        return Err("faultmart does not build".to_owned());
    }
    String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo built no `faultmart`".to_owned())
}

/// The binary, with nothing in its environment that would change it.
pub fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command
}

/// The binary at that path.
pub fn at(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize()
        .map_err(|error| format!("--binary {}: {error}", path.display()))
}

/// Where cargo builds.
pub fn target() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(target).map_err(|error| format!("the target folder: {error}"))
}
