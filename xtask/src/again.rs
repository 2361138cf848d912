//! The benchmarks need more than all other chores to be built, so that `cargo xtask` is built without them: asked for one, it
//! builds and runs itself again as a whole.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use clap::Args;

use crate::binary;

/// Options for the whole one to read.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

/// Becomes the whole one; returns only if it cannot.
pub fn run(options: &Options) -> Result<(), String> {
    let error = Command::new(binary::cargo())
        .args(["run", "--quiet", "--package", "xtask", "--", "bench"])
        .args(&options.rest)
        .exec();
    Err(format!("cargo: {error}"))
}
