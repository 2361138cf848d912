//! Fills a service's database with the rows that follow from the seed.
//!
//! A service says what it starts with in a [`Dataset`]: its schema, and for each table an iterator over the rows. Both databases
//! are filled from the same iterators, so that their content is the same. For SQLite the file is built once, kept in the
//! [`Cache`] and copied into the run's directory; PostgreSQL gets a schema of its own, loaded with `COPY`.

mod cache;
mod own_options;
mod postgres;
mod sqlite;
mod warm_up;

use std::borrow::Cow;
use std::path::PathBuf;

use futures_util::future::BoxFuture;
use seed::shop::Scale;

use crate::database::{Database, Target};
use crate::failure::Failure;
use crate::service::Service;

pub use cache::Cache;
pub(crate) use own_options::{
    DEFAULT_SCHEMA_PREFIX, asked_schema_prefix, schema, with_schema_prefix, without_own_options,
};
pub use warm_up::warm_up;

/// What a service's database starts with.
#[derive(Debug)]
pub struct Dataset {
    /// The service; names the file or the schema.
    pub service: &'static str,
    /// The migrations for SQLite.
    pub sqlite: Migrations,
    /// The migrations for PostgreSQL.
    pub postgres: Migrations,
    /// The tables that have rows from the start, in the order in which they are filled.
    pub tables: &'static [Table],
}

/// A schema in two parts: filling tables first and building their indexes afterwards takes half the time.
#[derive(Debug)]
pub struct Migrations {
    /// Run before the rows are there.
    pub tables: &'static str,
    /// Run once they are.
    pub indexes: &'static str,
}

/// A table and the rows it starts with.
#[derive(Debug)]
pub struct Table {
    /// As in the migrations.
    pub name: &'static str,
    /// In the order of each row's values.
    pub columns: &'static [&'static str],
    /// A pure function of the seed and the scale.
    pub rows: fn(u64, Scale) -> Rows,
}

/// Rows, made one after another, so that a large table is never in memory as a whole.
pub type Rows = Box<dyn Iterator<Item = Vec<Value>> + Send>;

/// What a column of a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(Cow<'static, str>),
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

/// A database that could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or the cache.
    #[error("{path}: {source}")]
    File {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("loading the data of {service}: {source}")]
    Database {
        /// Whose data.
        service: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
}

impl Dataset {
    /// Fills the database of a service that is starting, with the help of the user's cache, and returns it.
    ///
    /// # Errors
    ///
    /// When no database was given, or it cannot be reached or written.
    pub fn load<'a>(&'a self, service: &'a Service) -> BoxFuture<'a, Result<Database, Failure>> {
        Box::pin(async move {
            let database = service.database()?;
            let options = &service.options;
            let (seed, scale, cache) = (options.seed, options.scale(), Cache::of_user());
            match database.target() {
                Target::Postgres { url, schema } if options.keep_data => {
                    postgres::keep_or_fill(self, seed, scale, url, schema).await?;
                }
                _ => prepare(self, seed, scale, &database, cache.as_ref()).await?,
            }
            Ok(database)
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::File { .. } => Self::not_carried_out(error.to_string()),
            Error::Database { .. } => Self::not_carried_out(error.to_string())
                .help("is the database running, and may this user create schemas in it?"),
        }
    }
}

/// Fills a database that nobody has connected to yet. Without a cache, as in tests, everything is built afresh.
///
/// A SQLite file that is there already and was filled from the same seed, scale and schema is kept with all that has been
/// written since: a service that is started again goes on where it stopped. A PostgreSQL schema is dropped and created,
/// unless the URL says `keep_data=true`.
///
/// # Errors
///
/// When the database cannot be reached or written.
pub fn prepare<'a>(
    dataset: &'a Dataset,
    seed: u64,
    scale: Scale,
    database: &'a Database,
    cache: Option<&'a Cache>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        match database.target() {
            Target::Sqlite { file } => sqlite::prepare(dataset, seed, scale, file, cache).await,
            Target::Postgres { url, schema } => postgres::prepare(dataset, seed, scale, url, schema).await,
        }
    })
}

/// How many of each table's first rows go into the fingerprint.
const FINGERPRINT_ROWS: usize = 16;

/// Changes when the schema or the rows do: a checksum over the migrations and the first rows of each table.
fn fingerprint(dataset: &Dataset, migrations: &Migrations, seed: u64, scale: Scale) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{seed} {scale:?}").as_bytes());
    hasher.update(migrations.tables.as_bytes());
    hasher.update(migrations.indexes.as_bytes());
    for table in dataset.tables {
        hasher.update(format!("{} {:?}", table.name, table.columns).as_bytes());
        for row in (table.rows)(seed, scale).take(FINGERPRINT_ROWS) {
            hasher.update(format!("{row:?}").as_bytes());
        }
    }
    hasher.finalize()
}
