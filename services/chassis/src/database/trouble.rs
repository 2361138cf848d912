//! Why the database does not do what it is told: the last reason, until it does again.
//!
//! A full disk fails every write and no read, so the two are kept apart: a read that has success says nothing of writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::DatabaseError;

/// What a statement does to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing; or it is part of a transaction, whose COMMIT is what counts.
    Read,
    /// It changes them, for good when it has success.
    Write,
}

/// The last trouble with a database.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Spares the lock while all is well.
    any: AtomicBool,
    reasons: Mutex<Reasons>,
}

#[derive(Debug, Default)]
struct Reasons {
    read: Option<String>,
    write: Option<String>,
}

impl Trouble {
    /// Notes how a statement ended.
    pub(super) fn note<T>(&self, access: Access, result: &Result<T, DatabaseError>) {
        match result {
            Err(error @ DatabaseError::Unavailable { .. }) => {
                let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
                let reason = match access {
                    Access::Read => &mut reasons.read,
                    Access::Write => &mut reasons.write,
                };
                *reason = Some(error.to_string());
                self.any.store(true, Ordering::Release);
            }
            // A row that is not there, or a lock that is not free, is no trouble of the database's.
            Err(_) => {}
            Ok(_) if self.any.load(Ordering::Acquire) => {
                let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
                reasons.read = None;
                if access == Access::Write {
                    reasons.write = None;
                }
                self.any.store(reasons.write.is_some(), Ordering::Release);
            }
            Ok(_) => {}
        }
    }

    /// The reason, if the database was in trouble when it was last used.
    pub(super) fn current(&self) -> Option<String> {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.write.clone().or_else(|| reasons.read.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Result<(), DatabaseError> {
        Err(DatabaseError::Unavailable {
            statement: "INSERT orders",
            reason: "database or disk is full".to_owned(),
        })
    }

    #[test]
    fn a_read_does_not_end_the_trouble_of_writes_and_a_write_does() {
        let trouble = Trouble::default();
        assert_eq!(trouble.current(), None);
        trouble.note(Access::Write, &full());
        trouble.note(Access::Read, &Ok(()));
        assert!(trouble.current().is_some_and(|reason| reason.contains("full")));
        trouble.note(Access::Write, &Ok(()));
        assert_eq!(trouble.current(), None);
    }

    #[test]
    fn only_a_database_that_is_not_available_is_in_trouble() {
        let trouble = Trouble::default();
        trouble.note::<()>(
            Access::Read,
            &Err(DatabaseError::NotFound {
                statement: "SELECT users",
            }),
        );
        assert_eq!(trouble.current(), None);
        trouble.note(Access::Read, &full());
        assert!(trouble.current().is_some());
        trouble.note(Access::Read, &Ok(()));
        assert_eq!(trouble.current(), None);
    }
}
