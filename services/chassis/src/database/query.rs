//! Running a statement, in a span of its own, within the request's deadline.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use opentelemetry::context::FutureExt;
use opentelemetry::{KeyValue, Value as Attribute};
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection, SqliteConnection};

use super::error::DatabaseError;
use super::handle::Database;
use super::pool::{Connection, Lease, State};
use super::row::{Repr, Row};
use super::statement::{Statement, Value};
use super::transaction::Transaction;
use super::trouble::Access;
use crate::request::Deadline;
use crate::span::ActiveSpan;

/// A statement with its values, yet to be run.
#[must_use = "a statement is run by `fetch_all`, `fetch_one`, `fetch_optional` or `execute`"]
pub struct Query<'a> {
    target: Target<'a>,
    statement: &'static Statement,
    values: Vec<Value>,
    /// The number of the list's first placeholder, and how many there are.
    list: Option<(usize, usize)>,
}

enum Target<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

/// What a statement gave.
struct Outcome {
    rows: Vec<Row>,
    affected: u64,
}

impl<'a> Query<'a> {
    pub(super) fn on_database(database: &'a Database, statement: &'static Statement) -> Self {
        Self {
            target: Target::Database(database),
            statement,
            values: Vec::new(),
            list: None,
        }
    }

    pub(super) fn in_transaction(transaction: &'a mut Transaction, statement: &'static Statement) -> Self {
        Self {
            target: Target::Transaction(transaction),
            statement,
            values: Vec::new(),
            list: None,
        }
    }

    /// Binds the next placeholder.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds as many placeholders as there are values, and writes them where the SQL says `{list}`. An empty list matches
    /// nothing. At most one list a statement.
    pub fn bind_list<T: Clone + Into<Value>>(mut self, values: &[T]) -> Self {
        self.list = Some((self.values.len() + 1, values.len()));
        self.values.extend(values.iter().cloned().map(Into::into));
        self
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// See [`DatabaseError`].
    pub fn fetch_all(self) -> BoxFuture<'a, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move { Ok(self.run(Fetch::Rows).await?.rows) })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// See [`DatabaseError`].
    pub fn fetch_optional(self) -> BoxFuture<'a, Result<Option<Row>, DatabaseError>> {
        Box::pin(async move { Ok(self.run(Fetch::Rows).await?.rows.into_iter().next()) })
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::NotFound`] when there is none. That there is none is no error of the statement's span.
    pub fn fetch_one(self) -> BoxFuture<'a, Result<Row, DatabaseError>> {
        Box::pin(async move {
            let statement = self.statement.summary();
            self.fetch_optional()
                .await?
                .ok_or(DatabaseError::NotFound { statement })
        })
    }

    /// Runs a statement that gives no rows. Returns how many rows it changed.
    ///
    /// # Errors
    ///
    /// See [`DatabaseError`].
    pub fn execute(self) -> BoxFuture<'a, Result<u64, DatabaseError>> {
        Box::pin(async move { Ok(self.run(Fetch::Count).await?.affected) })
    }

    async fn run(self, fetch: Fetch) -> Result<Outcome, DatabaseError> {
        let (first, count) = self.list.unwrap_or((self.values.len() + 1, 0));
        let sql = self.statement.expanded(first, count);
        match self.target {
            Target::Database(database) => {
                let mut lease = database.acquire(self.statement.summary()).await?;
                let span = start_span(database, self.statement, sql.clone());
                let run = run(&mut lease, sql, self.values, fetch);
                let result = finish(self.statement, span, fetch, run).await;
                database.note(access(self.statement), &result);
                result
            }
            Target::Transaction(transaction) => {
                let span = start_span(transaction.database(), self.statement, sql.clone());
                let run = run(transaction.lease(), sql, self.values, fetch);
                let result = finish(self.statement, span, fetch, run).await;
                // What it changes lasts only once it is committed.
                let access = if result.is_ok() {
                    Access::Read
                } else {
                    access(self.statement)
                };
                transaction.database().note(access, &result);
                result
            }
        }
    }
}

fn access(statement: &Statement) -> Access {
    match statement.operation() {
        "SELECT" => Access::Read,
        _ => Access::Write,
    }
}

/// Runs the statement on that connection. Should this be dropped half way, the connection knows that it was.
async fn run(
    lease: &mut Lease,
    sql: Cow<'static, str>,
    values: Vec<Value>,
    fetch: Fetch,
) -> Result<Outcome, sqlx::Error> {
    let before = lease.state();
    lease.set(State::Running);
    let result = match &mut **lease {
        Connection::Sqlite { connection, .. } => run_sqlite(connection, sql, values, fetch).await,
        Connection::Postgres { connection, .. } => run_postgres(connection, sql, values, fetch).await,
    };
    // After an error of the connection itself there is no knowing, and putting it in order finds out.
    if matches!(result, Ok(_) | Err(sqlx::Error::Database(_))) {
        lease.set(before);
    }
    result
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fetch {
    Rows,
    Count,
}

fn start_span(database: &Database, statement: &'static Statement, sql: Cow<'static, str>) -> ActiveSpan {
    let mut attributes = Vec::with_capacity(10);
    attributes.extend_from_slice(database.attributes());
    attributes.push(KeyValue::new("db.query.summary", statement.summary()));
    attributes.push(KeyValue::new("db.operation.name", statement.operation()));
    if let Some(collection) = statement.collection() {
        attributes.push(KeyValue::new("db.collection.name", collection));
    }
    attributes.push(KeyValue::new("db.query.text", Attribute::from(sql)));
    crate::span::client(statement.summary(), attributes).start()
}

async fn finish(
    statement: &'static Statement,
    span: ActiveSpan,
    fetch: Fetch,
    run: impl Future<Output = Result<Outcome, sqlx::Error>>,
) -> Result<Outcome, DatabaseError> {
    let run = run.with_context(span.context().clone());
    let result = match Deadline::current().bound(run).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => Err(DatabaseError::of(statement.summary(), &error)),
        Err(_) => Err(DatabaseError::Timeout {
            statement: statement.summary(),
        }),
    };
    match &result {
        Ok(outcome) if fetch == Fetch::Rows => {
            span.set(
                "db.response.returned_rows",
                i64::try_from(outcome.rows.len()).unwrap_or(i64::MAX),
            );
        }
        Ok(_) => {}
        Err(error) => span.fail(error.error_type(), error.to_string()),
    }
    result
}

async fn run_sqlite(
    connection: &mut SqliteConnection,
    sql: Cow<'static, str>,
    values: Vec<Value>,
    fetch: Fetch,
) -> Result<Outcome, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Integer(value) => arguments.add(value),
            Value::Real(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Boolean(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    // The text is a constant of the service with placeholders: no value is ever part of it.
    let query = sqlx::query_with::<sqlx::Sqlite, _>(AssertSqlSafe(sql), arguments);
    Ok(match fetch {
        Fetch::Rows => {
            let rows = query.fetch_all(connection).await?;
            Outcome {
                rows: rows.into_iter().map(|row| Row(Repr::Sqlite(row))).collect(),
                affected: 0,
            }
        }
        Fetch::Count => Outcome {
            rows: Vec::new(),
            affected: query.execute(connection).await?.rows_affected(),
        },
    })
}

async fn run_postgres(
    connection: &mut PgConnection,
    sql: Cow<'static, str>,
    values: Vec<Value>,
    fetch: Fetch,
) -> Result<Outcome, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Integer(value) => arguments.add(value),
            Value::Real(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Boolean(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    // The text is a constant of the service with placeholders: no value is ever part of it.
    let query = sqlx::query_with::<sqlx::Postgres, _>(AssertSqlSafe(sql), arguments);
    Ok(match fetch {
        Fetch::Rows => {
            let rows = query.fetch_all(connection).await?;
            Outcome {
                rows: rows.into_iter().map(|row| Row(Repr::Postgres(row))).collect(),
                affected: 0,
            }
        }
        Fetch::Count => Outcome {
            rows: Vec::new(),
            affected: query.execute(connection).await?.rows_affected(),
        },
    })
}
