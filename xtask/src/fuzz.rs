//! `cargo xtask fuzz`: random input for everything that reads what others have written.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::shell;

/// What to fuzz, and for how long.
#[derive(Args)]
pub struct Options {
    /// One target; all of `fuzz/fuzz_targets` one after another if it is not said.
    target: Option<String>,
    /// How many seconds each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Runs the targets. The committed corpus is where they start; what they add to it stays below `fuzz/target`, and what
/// breaks a reader is written to `fuzz/artifacts`: it belongs into the corpus, with the fix.
pub fn run(options: &Options) -> Result<(), String> {
    if shell::find("cargo-fuzz").is_none() {
        return Err("cargo-fuzz is not installed\nhelp: cargo install cargo-fuzz --locked".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let targets = match &options.target {
        Some(target) => vec![target.clone()],
        None => targets(&root.join("fuzz/fuzz_targets"))?,
    };
    for target in targets {
        let grown = root.join("fuzz/target/corpus").join(&target);
        std::fs::create_dir_all(&grown).map_err(|error| format!("{}: {error}", grown.display()))?;
        shell::run(
            cargo()
                .current_dir(&root)
                .args(["fuzz", "run", "--fuzz-dir", "fuzz", &target])
                .arg(&grown)
                .arg(root.join("fuzz/corpus").join(&target))
                .args(["--", "-timeout=20", "-rss_limit_mb=4096"])
                .arg(format!("-max_total_time={}", options.seconds)),
        )?;
    }
    Ok(())
}

/// Sanitizers need nightly; where there is none, stable is told to take what nightly takes.
fn cargo() -> Command {
    let nightly = shell::read(Command::new("rustup").args(["run", "nightly", "cargo", "--version"]));
    if nightly.is_ok() {
        let mut cargo = Command::new("rustup");
        cargo.args(["run", "nightly", "cargo"]);
        return cargo;
    }
    let mut cargo = Command::new("cargo");
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo
}

fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
