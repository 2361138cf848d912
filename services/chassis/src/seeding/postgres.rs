//! Fills a schema of PostgreSQL from a dataset.

use seed::shop::Scale;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::own_options::OwnOptions;
use super::{Dataset, Error, Table, Value, fingerprint};

/// How many bytes of rows are sent at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Fills the schema, unless the URL says that what is there is to be kept.
pub(super) async fn prepare(
    dataset: &Dataset,
    seed: u64,
    scale: Scale,
    url: &str,
    schema: &str,
) -> Result<(), Error> {
    let keep = OwnOptions::take_from(url).1.keep_data;
    fill_unless(keep, dataset, seed, scale, url, schema).await
}

/// Fills the schema, unless it was filled from the same seed, scale and schema before.
pub(super) async fn keep_or_fill(
    dataset: &Dataset,
    seed: u64,
    scale: Scale,
    url: &str,
    schema: &str,
) -> Result<(), Error> {
    fill_unless(true, dataset, seed, scale, url, schema).await
}

async fn fill_unless(
    keep: bool,
    dataset: &Dataset,
    seed: u64,
    scale: Scale,
    url: &str,
    schema: &str,
) -> Result<(), Error> {
    let stamp = format!(
        "faultmart {:08x}",
        fingerprint(dataset, &dataset.postgres, seed, scale)
    );
    let failed = |source| Error::Database {
        service: dataset.service,
        source,
    };
    let (url, _) = OwnOptions::take_from(url);
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    let mut connection = options.connect().await.map_err(failed)?;
    let is_there = stamp_of(&mut connection, schema).await.map_err(failed)?.as_ref() == Some(&stamp);
    if !(keep && is_there) {
        fill(&mut connection, dataset, seed, scale, schema, &stamp)
            .await
            .map_err(failed)?;
    }
    connection.close().await.map_err(failed)
}

/// The comment that a filled schema carries.
async fn stamp_of(connection: &mut PgConnection, schema: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1")
        .bind(schema)
        .fetch_optional(connection)
        .await
        .map(Option::flatten)
}

/// One transaction: whoever looks finds the old schema or the new one, never half of it. Rows that are copied into a table of the
/// same transaction can be frozen at once, so that no vacuum starts in the middle of a run.
async fn fill(
    connection: &mut PgConnection,
    dataset: &Dataset,
    seed: u64,
    scale: Scale,
    schema: &str,
    stamp: &str,
) -> sqlx::Result<()> {
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL client_min_messages = 'warning';
         DROP SCHEMA IF EXISTS \"{schema}\" CASCADE; CREATE SCHEMA \"{schema}\"; SET LOCAL search_path = \"{schema}\""
    );
    sqlx::raw_sql(AssertSqlSafe(begin))
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(dataset.postgres.tables)
        .execute(&mut *connection)
        .await?;
    for table in dataset.tables {
        copy(connection, table, (table.rows)(seed, scale)).await?;
    }
    sqlx::raw_sql(dataset.postgres.indexes)
        .execute(&mut *connection)
        .await?;
    let tables = dataset
        .tables
        .iter()
        .map(|table| format!("ANALYZE {};", table.name))
        .collect::<String>();
    let end = format!("{tables} COMMENT ON SCHEMA \"{schema}\" IS '{stamp}'; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(end))
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn copy(connection: &mut PgConnection, table: &Table, rows: super::Rows) -> sqlx::Result<()> {
    let statement = format!(
        "COPY {} ({}) FROM STDIN WITH (FREEZE)",
        table.name,
        table.columns.join(",")
    );
    let mut copying = connection.copy_in_raw(&statement).await?;
    let mut buffer = String::with_capacity(CHUNK_BYTES + 1024);
    for row in rows {
        write_row(&mut buffer, &row);
        if buffer.len() >= CHUNK_BYTES {
            copying.send(buffer.as_bytes()).await?;
            buffer.clear();
        }
    }
    copying.send(buffer.as_bytes()).await?;
    copying.finish().await?;
    Ok(())
}

/// A row in the text format of `COPY`: tabs between the values, a line feed at the end, these and the backslash escaped.
fn write_row(buffer: &mut String, row: &[Value]) {
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            buffer.push('\t');
        }
        match value {
            Value::Integer(number) => buffer.push_str(&number.to_string()),
            Value::Text(text) => {
                for character in text.chars() {
                    match character {
                        '\\' => buffer.push_str("\\\\"),
                        '\t' => buffer.push_str("\\t"),
                        '\n' => buffer.push_str("\\n"),
                        '\r' => buffer.push_str("\\r"),
                        other => buffer.push(other),
                    }
                }
            }
        }
    }
    buffer.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_copy_wants_it() {
        let mut buffer = String::new();
        write_row(&mut buffer, &[Value::from(7_i64), Value::from("a\tb\\c\nd")]);
        assert_eq!(buffer, "7\ta\\tb\\\\c\\nd\n");
    }
}
