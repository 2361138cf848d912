//! Why a statement failed, in kinds that a service can act on.

use sqlx::error::ErrorKind;
use sqlx::sqlite::SqliteError;

/// Why a statement failed. `statement` is its `db.query.summary`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// The request's deadline passed first; the statement was given up.
    #[error("{statement}: not done by the deadline")]
    Timeout {
        /// Which statement.
        statement: &'static str,
    },
    /// Somebody else holds the lock (SQLITE_BUSY, lock_not_available, a deadlock or a serialization failure).
    #[error("{statement}: the lock was not free in time: {reason}")]
    LockTimeout {
        /// Which statement.
        statement: &'static str,
        /// In the database's words.
        reason: String,
    },
    /// A constraint is against it: there is such a row already, or one that it refers to is missing.
    #[error("{statement}: {reason}")]
    Conflict {
        /// Which statement.
        statement: &'static str,
        /// In the database's words.
        reason: String,
        /// Whether a unique constraint was violated.
        unique: bool,
    },
    /// No row where one was asked for.
    #[error("{statement}: no such row")]
    NotFound {
        /// Which statement.
        statement: &'static str,
    },
    /// No connection to the database, or no space left, or no right to write.
    #[error("{statement}: the database is not available: {reason}")]
    Unavailable {
        /// Which statement.
        statement: &'static str,
        /// In the database's words.
        reason: String,
    },
    /// A row does not have the column that was asked for, or not in that type.
    #[error("column {column}: {reason}")]
    Column {
        /// Which column.
        column: String,
        /// Why.
        reason: String,
    },
    /// Anything else.
    #[error("{statement}: {reason}")]
    Failed {
        /// Which statement.
        statement: &'static str,
        /// In the database's words.
        reason: String,
    },
}

impl DatabaseError {
    pub(super) fn of(statement: &'static str, error: &sqlx::Error) -> Self {
        let reason = error.to_string();
        match error {
            sqlx::Error::RowNotFound => Self::NotFound { statement },
            sqlx::Error::PoolTimedOut => Self::Timeout { statement },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable { statement, reason },
            sqlx::Error::Database(database) => {
                let reason = database.message().to_owned();
                match database.kind() {
                    ErrorKind::UniqueViolation => Self::Conflict {
                        statement,
                        reason,
                        unique: true,
                    },
                    ErrorKind::ForeignKeyViolation
                    | ErrorKind::NotNullViolation
                    | ErrorKind::CheckViolation => Self::Conflict {
                        statement,
                        reason,
                        unique: false,
                    },
                    _ if database.try_downcast_ref::<SqliteError>().is_some() => {
                        // The primary code is in the lowest byte of the extended one.
                        let code = database
                            .code()
                            .and_then(|code| code.parse::<u32>().ok())
                            .unwrap_or_default();
                        Self::of_sqlite(statement, code & 0xff, reason)
                    }
                    _ => Self::of_sqlstate(statement, database.code().as_deref().unwrap_or_default(), reason),
                }
            }
            _ => Self::Failed { statement, reason },
        }
    }

    fn of_sqlstate(statement: &'static str, code: &str, reason: String) -> Self {
        match code {
            // lock_not_available, deadlock_detected, serialization_failure
            "55P03" | "40P01" | "40001" => Self::LockTimeout { statement, reason },
            // query_canceled: statement_timeout
            "57014" => Self::Timeout { statement },
            // connection exceptions, operator intervention, insufficient resources
            _ if ["08", "57", "53"].iter().any(|class| code.starts_with(class)) => {
                Self::Unavailable { statement, reason }
            }
            _ => Self::Failed { statement, reason },
        }
    }

    fn of_sqlite(statement: &'static str, code: u32, reason: String) -> Self {
        match code {
            // SQLITE_BUSY, SQLITE_LOCKED
            5 | 6 => Self::LockTimeout { statement, reason },
            // SQLITE_INTERRUPT
            9 => Self::Timeout { statement },
            // SQLITE_READONLY, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_CANTOPEN
            8 | 10 | 11 | 13 | 14 => Self::Unavailable { statement, reason },
            _ => Self::Failed { statement, reason },
        }
    }

    /// The word for `error.type`.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::LockTimeout { .. } => "lock_timeout",
            Self::Conflict { .. } => "conflict",
            Self::NotFound { .. } => "not_found",
            Self::Unavailable { .. } => "unavailable",
            Self::Column { .. } => "column",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether a unique constraint is against it.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Conflict { unique: true, .. })
    }

    /// What may be told to a client.
    pub(crate) fn summary(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "the database did not answer in time",
            Self::LockTimeout { .. } => "the database is busy",
            Self::Conflict { .. } => "the request conflicts with what is stored",
            Self::NotFound { .. } => "there is no such thing",
            Self::Unavailable { .. } => "the database is not available",
            Self::Column { .. } | Self::Failed { .. } => "the database could not carry out a statement",
        }
    }
}
