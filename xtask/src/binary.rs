//! The binary that is measured.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The cargo that runs this chore.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds `faultmart` for release, if it is not built yet, and says where it is.
pub fn build() -> Result<PathBuf, String> {
    eprintln!("building faultmart for release");
    let mut command = Command::new(cargo());
    command.args([
        "build",
        "--release",
        "--package",
        "faultmart",
        "--message-format",
        "json-render-diagnostics",
    ]);
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
