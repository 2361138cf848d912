//! Transactions, with a span for each thing that may wait: BEGIN, COMMIT, ROLLBACK.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanId;

use super::error::DatabaseError;
use super::handle::Database;
use super::pool::{BUSY_TIMEOUT, Connection, Lease, State};
use super::query::Query;
use super::statement::Statement;
use super::trouble::Access;
use crate::request::Deadline;
use crate::span::ActiveSpan;

/// A transaction. It is rolled back when it is dropped without [`Transaction::commit`].
#[derive(Debug)]
pub struct Transaction {
    lease: Lease,
    database: Database,
    waited: Duration,
    began: Instant,
    begin_span: SpanId,
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// `BEGIN`.
    Plain,
    /// SQLite's `BEGIN IMMEDIATE`, which takes the write lock.
    Immediate,
}

impl Begin {
    fn text(self) -> &'static str {
        match self {
            Self::Plain => "BEGIN",
            Self::Immediate => "BEGIN IMMEDIATE",
        }
    }

    /// What is sent. SQLite waits for the lock on its own and cannot be told to stop, so it is told how long beforehand;
    /// all in one message, since each is a change of threads.
    fn script(self, deadline: Deadline) -> Cow<'static, str> {
        match (self, deadline.remaining()) {
            (Self::Immediate, Some(left)) if left < BUSY_TIMEOUT => Cow::Owned(format!(
                "PRAGMA busy_timeout = {}; BEGIN IMMEDIATE; PRAGMA busy_timeout = {}",
                left.as_millis(),
                BUSY_TIMEOUT.as_millis()
            )),
            _ => Cow::Borrowed(self.text()),
        }
    }
}

impl Transaction {
    pub(super) async fn begin(database: &Database, begin: Begin) -> Result<Self, DatabaseError> {
        let mut lease = database.acquire("BEGIN").await?;
        let asked = Instant::now();
        let span = start_span(database, "BEGIN", begin.text());
        let begun = run(&mut lease, &span, "BEGIN", begin.script(Deadline::current())).await;
        database.note(Access::Read, &begun);
        begun?;
        let began = Instant::now();
        Ok(Self {
            lease,
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
    pub fn commit(self) -> BoxFuture<'static, Result<(), DatabaseError>> {
        Box::pin(async move { self.end("COMMIT").await })
    }

    /// Undoes it. Dropping the transaction does the same, with no span and a little later.
    ///
    /// # Errors
    ///
    /// When the connection is gone, and the transaction with it.
    pub fn rollback(self) -> BoxFuture<'static, Result<(), DatabaseError>> {
        Box::pin(async move { self.end("ROLLBACK").await })
    }

    async fn end(mut self, text: &'static str) -> Result<(), DatabaseError> {
        let span = start_span(&self.database, text, text);
        let ended = run(&mut self.lease, &span, text, Cow::Borrowed(text)).await;
        let access = if text == "COMMIT" {
            Access::Write
        } else {
            Access::Read
        };
        self.database.note(access, &ended);
        ended?;
        self.lease.set(State::Settled);
        Ok(())
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn lease(&mut self) -> &mut Lease {
        &mut self.lease
    }
}

async fn run(
    lease: &mut Lease,
    span: &ActiveSpan,
    statement: &'static str,
    script: Cow<'static, str>,
) -> Result<(), DatabaseError> {
    // A constant of ours, with no value of anybody else's in it.
    let script = sqlx::raw_sql(sqlx::AssertSqlSafe(script));
    lease.set(State::Running);
    let run = async {
        match &mut **lease {
            Connection::Sqlite { connection, .. } => script.execute(connection).await.map(drop),
            Connection::Postgres { connection, .. } => script.execute(connection).await.map(drop),
        }
    };
    let result = match Deadline::current().bound(run).await {
        Ok(result) => {
            // Also after a failed COMMIT there may be a transaction to undo.
            lease.set(State::Open);
            result.map_err(|error| DatabaseError::of(statement, &error))
        }
        Err(_) => Err(DatabaseError::Timeout { statement }),
    };
    result.inspect_err(|error| span.fail(error.error_type(), error.to_string()))
}

fn start_span(database: &Database, name: &'static str, text: &'static str) -> ActiveSpan {
    let mut attributes = database.attributes().to_vec();
    attributes.push(KeyValue::new("db.query.summary", name));
    attributes.push(KeyValue::new("db.operation.name", name));
    attributes.push(KeyValue::new("db.query.text", text));
    crate::span::client(name, attributes).start()
}
