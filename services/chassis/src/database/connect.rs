//! Where a service's data is, and how it is reached.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use opentelemetry::KeyValue;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::pool::{BUSY_TIMEOUT, Connector};
use crate::failure::Failure;
use crate::options::{DatabaseUrl, Options};

/// How long a server may take to answer at the start.
const PATIENCE: Duration = Duration::from_secs(10);

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
        /// `faultmart_orders`; created by [`crate::database::Database::connect`] when it is missing.
        schema: String,
    },
}

impl Target {
    pub(super) fn system(&self) -> System {
        match self {
            Self::Sqlite { .. } => System::Sqlite,
            Self::Postgres { .. } => System::Postgres,
        }
    }
}

/// A pool of sqlx's, for migrations and for tests, which opens its connections when they are asked for. Statements that
/// serve requests go through [`crate::database::Database::query`], which is traced.
#[derive(Debug, Clone)]
pub enum Raw {
    /// SQLite's.
    Sqlite(SqlitePool),
    /// PostgreSQL's, with the service's schema as its search path.
    Postgres(PgPool),
}

/// Where the data is, and what follows from that.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub target: Target,
    pub connector: Connector,
    pub raw: Raw,
    /// What every span says.
    pub attributes: Vec<KeyValue>,
}

impl Place {
    pub(super) fn of(service: &str, url: &DatabaseUrl, options: &Options) -> Result<Self, Failure> {
        match url {
            DatabaseUrl::Sqlite(directory) => Ok(sqlite(service, directory)),
            DatabaseUrl::Postgres(url) => postgres(service, url, options.request_timeout),
        }
    }

    /// Creates what must be there before the first connection.
    pub(super) async fn create(&self) -> Result<(), Failure> {
        match &self.target {
            Target::Sqlite { file } => match file.parent() {
                Some(directory) => std::fs::create_dir_all(directory).map_err(|error| {
                    Failure::not_carried_out(format!("cannot create {}: {error}", directory.display()))
                        .help("give a directory that can be written: --database sqlite:DIRECTORY")
                }),
                None => Ok(()),
            },
            Target::Postgres { url, schema } => create_schema(url, schema).await,
        }
    }
}

fn sqlite(service: &str, directory: &Path) -> Place {
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
    Place {
        target: Target::Sqlite { file },
        raw: Raw::Sqlite(few().connect_lazy_with(connect.clone())),
        connector: Connector::Sqlite(connect),
        attributes: vec![
            KeyValue::new("db.system.name", System::Sqlite.name()),
            KeyValue::new("db.namespace", name),
        ],
    }
}

fn postgres(service: &str, url: &str, request_timeout: Duration) -> Result<Place, Failure> {
    let schema = crate::seeding::schema(url, service)?;
    let connect = server(url)?
        .application_name(service)
        .disable_statement_logging()
        .options([
            ("search_path", schema.clone()),
            ("statement_timeout", request_timeout.as_millis().to_string()),
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
    Ok(Place {
        target: Target::Postgres {
            url: url.to_owned(),
            schema,
        },
        raw: Raw::Postgres(few().connect_lazy_with(connect.clone())),
        connector: Connector::Postgres(connect),
        attributes,
    })
}

fn few<DB: sqlx::Database>() -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(2)
        .acquire_timeout(PATIENCE)
        .idle_timeout(PATIENCE)
}

pub(super) fn server(url: &str) -> Result<PgConnectOptions, Failure> {
    PgConnectOptions::from_str(&crate::seeding::without_own_options(url))
        // That a schema is there already is what every start but the first finds.
        .map(|options| options.options([("client_min_messages", "warning")]))
        .map_err(|error| {
            Failure::input(format!("--database: {error}"))
                .help("write postgres://USER:PASSWORD@HOST:PORT/NAME")
        })
}

async fn create_schema(url: &str, schema: &str) -> Result<(), Failure> {
    let create = async {
        let mut connection = PgConnection::connect_with(&server(url)?)
            .await
            .map_err(|error| unreachable_server(url, &error))?;
        // The name is lower-case letters, digits and underscores.
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

pub(super) async fn bounded<T>(
    url: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(unreachable_server(url, &"no answer within 10 s")))
}

/// Says where it was looked for.
pub(super) fn unreachable(target: &Target, error: &sqlx::Error) -> Failure {
    match target {
        Target::Sqlite { file } => {
            Failure::not_carried_out(format!("cannot open the database {}: {error}", file.display()))
                .help("is the directory writable, and the file a database?")
        }
        Target::Postgres { url, .. } => unreachable_server(url, error),
    }
}

/// Where the server is, and nothing of the user or the password.
pub(super) fn address(url: &str) -> String {
    server(url)
        .map(|options| format!("{}:{}", options.get_host(), options.get_port()))
        .unwrap_or_else(|_| "an address that cannot be read".to_owned())
}

/// Says which server it was, but never with which password.
pub(super) fn unreachable_server(url: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::not_carried_out(format!(
        "cannot use the PostgreSQL database at {}: {error}",
        address(url)
    ))
    .help("is it running, and are the user, the password and the database's name right?")
}
