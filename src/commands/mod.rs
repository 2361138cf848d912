//! The subcommands, one a file: what each accepts and what it prints.

pub mod completions;
pub mod doctor;
pub mod export;
pub mod fault;
pub mod lab;
pub mod load;
pub mod plan;
pub mod query;
pub mod run;
pub mod scenario;
pub mod serve;
pub mod trace;
pub mod up;

use runner::Failure;

/// What a subcommand comes to: the exit code, or why it could not be carried out.
pub type Outcome = Result<u8, Failure>;
