//! Transactions, with a span for each thing that may wait: BEGIN, COMMIT, ROLLBACK.

use std::future::Future;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanId;
use sqlx::{Postgres, Sqlite};

use super::connect::{Connection, Database};
use super::error::DatabaseError;
use super::query::Query;
use super::statement::Statement;
use crate::request::Deadline;

/// A transaction. It is rolled back when it is dropped without [`Transaction::commit`].
pub struct Transaction {
    pub(super) open: Open,
    pub(super) database: Database,
    waited: Duration,
    began: Instant,
    begin_span: SpanId,
}

pub(super) enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(super) async fn begin(database: &Database, text: &'static str) -> Result<Self, DatabaseError> {
        let connection = database.acquire("BEGIN").await?;
        let asked = Instant::now();
        let span = start_span(database, "BEGIN", text);
        let begin = async {
            // SQLite's lock is waited for here.
            match connection {
                Connection::Sqlite(connection) => {
                    let custom = (text != "BEGIN").then(|| sqlx::SqlSafeStr::into_sql_str(text));
                    sqlx::Transaction::begin(connection, custom)
                        .await
                        .map(Open::Sqlite)
                }
                Connection::Postgres(connection) => sqlx::Transaction::begin(connection, None)
                    .await
                    .map(Open::Postgres),
            }
        };
        let open = bounded("BEGIN", begin)
            .await
            .inspect_err(|error| span.fail(error.error_type(), error.to_string()))?;
        let began = Instant::now();
        Ok(Self {
            open,
            database: database.clone(),
            waited: began - asked,
            began,
            begin_span: span.span_id(),
        })
    }

    /// How long BEGIN took: with [`Database::begin_immediate`] on SQLite, the wait for the write lock.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// When BEGIN was done: what came after it was done inside the transaction.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The span of BEGIN, for the referee.
    #[must_use]
    pub fn begin_span(&self) -> SpanId {
        self.begin_span
    }

    /// A statement inside the transaction.
    pub fn query(&mut self, statement: &'static Statement) -> Query<'_> {
        Query::in_transaction(self, statement)
    }

    /// Makes it last.
    ///
    /// # Errors
    ///
    /// When it could not be; after [`DatabaseError::Timeout`] and [`DatabaseError::Unavailable`] it is unknown whether it
    /// was.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        let span = start_span(&self.database, "COMMIT", "COMMIT");
        let commit = async {
            match self.open {
                Open::Sqlite(open) => open.commit().await,
                Open::Postgres(open) => open.commit().await,
            }
        };
        bounded("COMMIT", commit)
            .await
            .inspect_err(|error| span.fail(error.error_type(), error.to_string()))
    }

    /// Undoes it. Dropping the transaction does the same later, with no span.
    ///
    /// # Errors
    ///
    /// When the connection is gone, and the transaction with it.
    pub async fn rollback(self) -> Result<(), DatabaseError> {
        let span = start_span(&self.database, "ROLLBACK", "ROLLBACK");
        let rollback = async {
            match self.open {
                Open::Sqlite(open) => open.rollback().await,
                Open::Postgres(open) => open.rollback().await,
            }
        };
        bounded("ROLLBACK", rollback)
            .await
            .inspect_err(|error| span.fail(error.error_type(), error.to_string()))
    }
}

async fn bounded<T>(
    statement: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, DatabaseError> {
    match Deadline::current().bound(work).await {
        Ok(result) => result.map_err(|error| DatabaseError::of(statement, &error)),
        Err(_) => Err(DatabaseError::Timeout { statement }),
    }
}

fn start_span(database: &Database, name: &'static str, text: &'static str) -> crate::span::ActiveSpan {
    let mut attributes = database.attributes().to_vec();
    attributes.push(KeyValue::new("db.query.summary", name));
    attributes.push(KeyValue::new("db.operation.name", name));
    attributes.push(KeyValue::new("db.query.text", text));
    crate::span::client(name, attributes).start()
}
