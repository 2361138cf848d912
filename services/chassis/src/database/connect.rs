//! Opening the database, and taking a connection from its pool.

use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::KeyValue;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Sqlite};

use super::error::DatabaseError;
use super::query::Query;
use super::statement::Statement;
use super::transaction::Transaction;
use crate::failure::Failure;
use crate::options::{DatabaseUrl, Options};
use crate::request::Deadline;

/// How long SQLite tries to get its write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long somebody without a deadline waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A wait for a connection that is longer than this gets a span.
const NOTABLE_WAIT: Duration = Duration::from_millis(1);

/// A service's database. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    target: Target,
    raw: Raw,
    attributes: Vec<KeyValue>,
    pool_size: u32,
    request_timeout: Duration,
}

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Embedded, a file for each service.
    Sqlite,
    /// A server, a schema for each service.
    Postgres,
}

impl System {
    /// `db.system.name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// Where a service's data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This file, in WAL mode.
    Sqlite {
        /// `DIRECTORY/orders.db`.
        file: PathBuf,
    },
    /// This schema of that database.
    Postgres {
        /// As given on the command line.
        url: String,
        /// `faultmart_orders`; created by [`Database::connect`] when it is missing.
        schema: String,
    },
}

/// The pools, for migrations and seeding. Statements that serve requests go through [`Database::query`], which is traced.
#[derive(Debug, Clone)]
pub enum Raw {
    /// SQLite's.
    Sqlite(SqlitePool),
    /// PostgreSQL's, with the service's schema as its search path.
    Postgres(PgPool),
}

/// A connection, taken from the pool until it is dropped.
pub(super) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Database {
    /// A handle to the database of that service. Nothing is opened before the first statement or [`Database::connect`], so
    /// that a file can be put in its place before.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 2 when the URL is wrong.
    pub fn new(service: &str, url: &DatabaseUrl, options: &Options) -> Result<Self, Failure> {
        let (target, raw, attributes) = match url {
            DatabaseUrl::Sqlite(directory) => sqlite(service, directory, options.pool_size),
            DatabaseUrl::Postgres(url) => postgres(service, url, options)?,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                target,
                raw,
                attributes,
                pool_size: options.pool_size,
                request_timeout: options.request_timeout,
            }),
        })
    }

    /// Opens all connections. Creates the directory of the file, or the schema, when it is missing.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 3 when the database is not there or refuses.
    pub async fn connect(&self) -> Result<(), Failure> {
        match &self.inner.target {
            Target::Sqlite { file } => {
                if let Some(directory) = file.parent() {
                    std::fs::create_dir_all(directory).map_err(|error| {
                        Failure::not_carried_out(format!("cannot create {}: {error}", directory.display()))
                            .help("give a directory that can be written: --database sqlite:DIRECTORY")
                    })?;
                }
            }
            Target::Postgres { url, schema } => create_schema(url, schema).await?,
        }
        let mut connections = Vec::new();
        for _ in 0..self.inner.pool_size {
            connections.push(self.take().await.map_err(|error| self.unreachable(&error))?);
        }
        Ok(())
    }

    fn unreachable(&self, error: &sqlx::Error) -> Failure {
        match &self.inner.target {
            Target::Sqlite { file } => {
                Failure::not_carried_out(format!("cannot open the database {}: {error}", file.display()))
                    .help("is the directory writable, and the file a database?")
            }
            Target::Postgres { url, .. } => unreachable_server(url, error),
        }
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn system(&self) -> System {
        match self.inner.target {
            Target::Sqlite { .. } => System::Sqlite,
            Target::Postgres { .. } => System::Postgres,
        }
    }

    /// Where the data is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.inner.target
    }

    /// The pools themselves, for migrations and seeding.
    #[must_use]
    pub fn raw(&self) -> &Raw {
        &self.inner.raw
    }

    /// A statement on a connection of its own, outside a transaction.
    pub fn query(&self, statement: &'static Statement) -> Query<'_> {
        Query::on_database(self, statement)
    }

    /// Begins a transaction. In SQLite it holds no lock before its first statement, and a write after a read may fail at
    /// once: use [`Database::begin_immediate`] for a transaction that writes.
    ///
    /// # Errors
    ///
    /// When there is no connection in time.
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        Transaction::begin(self, "BEGIN").await
    }

    /// Begins a transaction that writes. SQLite takes its one write lock here (`BEGIN IMMEDIATE`), waiting for it if need
    /// be; PostgreSQL takes row locks later, in the statements. [`Transaction::waited`] says how long it took.
    ///
    /// # Errors
    ///
    /// When there is no connection, or no lock, in time.
    pub async fn begin_immediate(&self) -> Result<Transaction, DatabaseError> {
        let statement = match self.system() {
            System::Sqlite => "BEGIN IMMEDIATE",
            System::Postgres => "BEGIN",
        };
        Transaction::begin(self, statement).await
    }

    /// Whether a connection can be had and answers, for `/readyz`.
    pub(crate) async fn answers(&self) -> bool {
        let answer = async {
            match &mut self.take().await? {
                Connection::Sqlite(connection) => connection.ping().await,
                Connection::Postgres(connection) => connection.ping().await,
            }
        };
        matches!(
            tokio::time::timeout(self.inner.request_timeout, answer).await,
            Ok(Ok(()))
        )
    }

    /// Connections in use and idle, for the metric.
    pub(crate) fn usage(&self) -> (u32, u32) {
        let (size, idle) = match &self.inner.raw {
            Raw::Sqlite(pool) => (pool.size(), pool.num_idle()),
            Raw::Postgres(pool) => (pool.size(), pool.num_idle()),
        };
        let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(size);
        (size - idle, idle)
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        match &self.inner.raw {
            Raw::Sqlite(pool) => pool.close().await,
            Raw::Postgres(pool) => pool.close().await,
        }
    }

    /// What every span on this database says.
    pub(super) fn attributes(&self) -> &[KeyValue] {
        &self.inner.attributes
    }

    /// Takes a connection, within the request's deadline. A wait of more than 1 ms gets a span.
    pub(super) async fn acquire(&self, statement: &'static str) -> Result<Connection, DatabaseError> {
        let began = Instant::now();
        let began_at = SystemTime::now();
        let result = match Deadline::current().bound(self.take()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(DatabaseError::of(statement, &error)),
            Err(_) => Err(DatabaseError::Timeout { statement }),
        };
        if began.elapsed() > NOTABLE_WAIT || result.is_err() {
            let span = crate::span::internal("pool acquire")
                .attributes(self.attributes().to_vec())
                .started_at(began_at)
                .start();
            if let Err(error) = &result {
                span.fail(error.error_type(), error.to_string());
            }
        }
        result
    }

    async fn take(&self) -> Result<Connection, sqlx::Error> {
        match &self.inner.raw {
            Raw::Sqlite(pool) => pool.acquire().await.map(Connection::Sqlite),
            Raw::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
        }
    }
}

fn pool_options<DB: sqlx::Database>(size: u32) -> PoolOptions<DB> {
    // No `min_connections`: with it, sqlx opens connections behind our back before the file was put in its place. As they
    // are never closed, `connect` opening all of them once is enough.
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // The span says so, once.
        .acquire_slow_threshold(ACQUIRE_TIMEOUT)
}

fn sqlite(service: &str, directory: &std::path::Path, pool_size: u32) -> (Target, Raw, Vec<KeyValue>) {
    let name = format!("{service}.db");
    let file = directory.join(&name);
    let connect = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    let pool = pool_options(pool_size).connect_lazy_with(connect);
    let attributes = vec![
        KeyValue::new("db.system.name", System::Sqlite.name()),
        KeyValue::new("db.namespace", name),
    ];
    (Target::Sqlite { file }, Raw::Sqlite(pool), attributes)
}

fn postgres(service: &str, url: &str, options: &Options) -> Result<(Target, Raw, Vec<KeyValue>), Failure> {
    let schema = crate::seeding::schema(url, service)?;
    let connect = server(url)?.application_name(service).options([
        ("search_path", schema.clone()),
        (
            "statement_timeout",
            options.request_timeout.as_millis().to_string(),
        ),
    ]);
    let namespace = format!(
        "{}|{schema}",
        connect.get_database().unwrap_or(connect.get_username())
    );
    let attributes = vec![
        KeyValue::new("db.system.name", System::Postgres.name()),
        KeyValue::new("db.namespace", namespace),
        KeyValue::new("server.address", connect.get_host().to_owned()),
        KeyValue::new("server.port", i64::from(connect.get_port())),
    ];
    let pool = pool_options(options.pool_size).connect_lazy_with(connect);
    let target = Target::Postgres {
        url: url.to_owned(),
        schema,
    };
    Ok((target, Raw::Postgres(pool), attributes))
}

fn server(url: &str) -> Result<PgConnectOptions, Failure> {
    PgConnectOptions::from_str(&crate::seeding::without_own_options(url)).map_err(|error| {
        Failure::input(format!("--database: {error}")).help("write postgres://USER:PASSWORD@HOST:PORT/NAME")
    })
}

async fn create_schema(url: &str, schema: &str) -> Result<(), Failure> {
    let create = async {
        let mut connection = PgConnection::connect_with(&server(url)?)
            .await
            .map_err(|error| unreachable_server(url, &error))?;
        // The name is the service's, which is a constant of ours.
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "CREATE SCHEMA IF NOT EXISTS \"{schema}\""
        )))
        .execute(&mut connection)
        .await
        .map_err(|error| Failure::not_carried_out(format!("cannot create the schema {schema}: {error}")))?;
        let _ = connection.close().await;
        Ok(())
    };
    bounded(url, create).await
}

async fn bounded<T>(url: &str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, work)
        .await
        .unwrap_or_else(|_| Err(unreachable_server(url, &"no answer within 10 s")))
}

/// Says which server it was, but never with which password.
fn unreachable_server(url: &str, error: &dyn std::fmt::Display) -> Failure {
    let place = server(url)
        .map(|options| format!("{}:{}", options.get_host(), options.get_port()))
        .unwrap_or_else(|_| "the database".to_owned());
    Failure::not_carried_out(format!("cannot use the PostgreSQL server at {place}: {error}"))
        .help("is it running, and are the user, the password and the database's name right?")
}
