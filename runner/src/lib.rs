//! Runs: the parts as processes, the load, the truth, the accounts and what is told of them.
//!
//! | question | module |
//! |---|---|
//! | which processes are there, and who calls whom? | [`parts`] |
//! | what happens in a run, and in which order? | [`run`] |
//! | what struck whom? | [`referee`], [`recital`], [`stories`] |
//! | where did every span go? | [`accounts`] |
//! | did it hold? | [`expectations`] |
//! | what would a fix win, and what does more of something cost? | [`fixed`], [`sweep`] |
//! | what else can be run? | [`up`], [`load_only`] |
//! | what can be done with a shop that is left running? | `drive` |
//! | which traces match a query? | [`query`] |
//! | what is left behind, and what is printed? | [`folder`], [`summary`], [`recorded`], [`report`] |

pub mod accounts;
mod database;
mod distractors;
pub mod doctor;
mod drive;
pub mod expectations;
mod failure;
pub mod fixed;
pub mod folder;
pub mod load_only;
mod outages;
pub mod parts;
pub mod query;
pub mod recital;
pub mod recorded;
pub mod referee;
pub mod report;
pub mod resources;
pub mod run;
mod samples;
pub mod stories;
pub mod summary;
pub mod sweep;
mod token;
pub mod up;
mod whole_traces;
mod windows;

pub use failure::Failure;
