//! On a disk that has room.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::ledger::Payment;

pub(super) fn remember(file: Option<&Mutex<File>>, payment: &Payment) -> io::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let mut line = serde_json::to_vec(payment)?;
    line.push(b'\n');
    file.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .write_all(&line)
}
