//! On a disk that is full.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use crate::ledger::Payment;

/// Every write to it fails for want of space (see full(4)).
const FULL_DISK: &str = "/dev/full";

pub(super) fn remember(_: Option<&Mutex<File>>, payment: &Payment) -> io::Result<()> {
    let mut line = serde_json::to_vec(payment)?;
    line.push(b'\n');
    File::options().append(true).open(FULL_DISK)?.write_all(&line)
}
