//! Builds a SQLite file from a dataset.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seed::shop::Scale;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode,
    SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection};

use super::{Cache, Dataset, Error, Table, Value, fingerprint};

/// How many rows one statement inserts.
const ROWS_PER_STATEMENT: usize = 256;

pub(super) async fn prepare(
    dataset: &Dataset,
    seed: u64,
    scale: Scale,
    target: &Path,
    cache: Option<&Cache>,
) -> Result<(), Error> {
    let stamp = fingerprint(dataset, &dataset.sqlite, seed, scale);
    if is_stamped(target, stamp) {
        return Ok(());
    }
    if let Some(directory) = target.parent() {
        fs::create_dir_all(directory).map_err(at(directory))?;
    }
    remove_with_journals(target).map_err(at(target))?;
    // What starts empty is built as fast as it is copied.
    let Some(cache) = cache.filter(|_| !dataset.tables.is_empty()) else {
        return build(dataset, seed, scale, target, stamp).await;
    };
    let Scale {
        users,
        products,
        orders,
    } = scale;
    let key = format!(
        "{}-{seed}-{users}-{products}-{orders}-{stamp:08x}",
        dataset.service
    );
    if cache.copy(&key, target).map_err(at(target))? {
        return Ok(());
    }
    build(dataset, seed, scale, target, stamp).await?;
    let kept = cache.workplace(&key).and_then(|workplace| {
        fs::copy(target, &workplace)?;
        cache
            .keep(&key, &workplace)
            .inspect_err(|_| drop(fs::remove_file(&workplace)))
    });
    if let Err(error) = kept {
        // A full disk or a read-only home is no reason not to start.
        tracing::warn!(%error, "the seed cache cannot be written");
    }
    Ok(())
}

async fn build(dataset: &Dataset, seed: u64, scale: Scale, target: &Path, stamp: u32) -> Result<(), Error> {
    let failed = |source| Error::Database {
        service: dataset.service,
        source,
    };
    let built = fill(dataset, seed, scale, target, stamp).await.map_err(failed);
    if built.is_err() {
        // Half a file must not be mistaken for one; the error that matters is the first.
        let _ = remove_with_journals(target);
    }
    built
}

/// Nobody else sees the file yet, and if the power fails it is built again: no journal, no waiting for the disk.
async fn fill(dataset: &Dataset, seed: u64, scale: Scale, target: &Path, stamp: u32) -> sqlx::Result<()> {
    let mut connection = SqliteConnectOptions::new()
        .filename(target)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        // The rows are ours and refer to one another properly; looking each up would double the time.
        .foreign_keys(false)
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "memory")
        .connect()
        .await?;
    sqlx::raw_sql("BEGIN").execute(&mut connection).await?;
    sqlx::raw_sql(dataset.sqlite.tables)
        .execute(&mut connection)
        .await?;
    for table in dataset.tables {
        insert(&mut connection, table, (table.rows)(seed, scale)).await?;
    }
    sqlx::raw_sql(dataset.sqlite.indexes)
        .execute(&mut connection)
        .await?;
    // The stamp comes last, in the same transaction. It is a signed number there.
    let stamped = format!("PRAGMA user_version = {}; COMMIT", stamp.cast_signed());
    sqlx::raw_sql(AssertSqlSafe(stamped))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

async fn insert(connection: &mut SqliteConnection, table: &Table, mut rows: super::Rows) -> sqlx::Result<()> {
    let full = statement(table, ROWS_PER_STATEMENT);
    loop {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(ROWS_PER_STATEMENT * table.columns.len(), 0);
        let mut count = 0;
        for row in rows.by_ref().take(ROWS_PER_STATEMENT) {
            for value in row {
                match value {
                    Value::Integer(number) => arguments.add(number),
                    Value::Text(text) => arguments.add(text.into_owned()),
                }
                .map_err(sqlx::Error::Encode)?;
            }
            count += 1;
        }
        match count {
            0 => return Ok(()),
            ROWS_PER_STATEMENT => sqlx::query_with(AssertSqlSafe(full.clone()), arguments),
            rest => sqlx::query_with(AssertSqlSafe(statement(table, rest)), arguments),
        }
        .execute(&mut *connection)
        .await?;
    }
}

/// Plain `?`: SQLite looks numbered placeholders up one by one, which takes quadratic time for as many as these.
fn statement(table: &Table, rows: usize) -> Arc<str> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(","));
    let values = vec![row.as_str(); rows].join(",");
    format!(
        "INSERT INTO {} ({}) VALUES {values}",
        table.name,
        table.columns.join(",")
    )
    .into()
}

/// The user version is at a fixed place of the file's first page (https://www.sqlite.org/fileformat.html, 1.3).
fn is_stamped(file: &Path, stamp: u32) -> bool {
    let mut header = [0; 64];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[60..64] == stamp.to_be_bytes()
}

fn remove_with_journals(file: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::File {
        path: path.clone(),
        source,
    }
}
