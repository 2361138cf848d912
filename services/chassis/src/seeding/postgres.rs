//! Fills a schema of PostgreSQL from a dataset.

use seed::shop::Scale;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::{Dataset, Error, Table, Value, fingerprint};

/// How many bytes of rows are sent at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What stands before `_SERVICE` in a schema's name, unless the URL says otherwise.
const DEFAULT_PREFIX: &str = "faultmart";

pub(super) async fn prepare(dataset: &Dataset, seed: u64, scale: Scale, database: &str) -> Result<String, Error> {
    let target = Target::parse(database)?;
    let schema = format!("{}_{}", target.prefix, dataset.service);
    let stamp = format!("faultmart {:08x}", fingerprint(dataset, &dataset.postgres, seed, scale));
    let failed = |source| Error::Database { service: dataset.service, source };

    let options: PgConnectOptions = target.url.parse().map_err(failed)?;
    let mut connection = options.connect().await.map_err(failed)?;
    let keep = target.keep_data && stamp_of(&mut connection, &schema).await.map_err(failed)? == Some(stamp.clone());
    if !keep {
        fill(&mut connection, dataset, seed, scale, &schema, &stamp).await.map_err(failed)?;
    }
    connection.close().await.map_err(failed)?;
    let separator = if target.url.contains('?') { '&' } else { '?' };
    Ok(format!("{}{separator}options[search_path]={schema}", target.url))
}

/// A `postgres://` URL without the options that are ours.
struct Target {
    url: String,
    prefix: String,
    keep_data: bool,
}

impl Target {
    fn parse(database: &str) -> Result<Self, Error> {
        let (base, query) = database.split_once('?').unwrap_or((database, ""));
        let mut target = Self { url: base.to_owned(), prefix: DEFAULT_PREFIX.to_owned(), keep_data: false };
        let mut theirs = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("schema_prefix", prefix)) => prefix.clone_into(&mut target.prefix),
                Some(("keep_data", value)) => target.keep_data = value == "true",
                _ => theirs.push(option),
            }
        }
        if !theirs.is_empty() {
            target.url = format!("{base}?{}", theirs.join("&"));
        }
        // It becomes part of statements that cannot have parameters.
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if target.prefix.is_empty() || target.prefix.len() > 40 || !target.prefix.bytes().all(plain) {
            let problem = "must be 1 to 40 lower-case letters, digits and underscores";
            return Err(Error::Option { name: "schema_prefix".to_owned(), problem });
        }
        Ok(target)
    }
}

/// The comment that a filled schema carries.
async fn stamp_of(connection: &mut PgConnection, schema: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT obj_description(to_regnamespace($1)::oid, 'pg_namespace')")
        .bind(schema)
        .fetch_one(connection)
        .await
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
         DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}"
    );
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await?;
    sqlx::raw_sql(dataset.postgres.tables).execute(&mut *connection).await?;
    for table in dataset.tables {
        copy(connection, table, (table.rows)(seed, scale)).await?;
    }
    sqlx::raw_sql(dataset.postgres.indexes).execute(&mut *connection).await?;
    let tables = dataset.tables.iter().map(|table| format!("ANALYZE {};", table.name)).collect::<String>();
    let end = format!("{tables} COMMENT ON SCHEMA {schema} IS '{stamp}'; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(end)).execute(&mut *connection).await?;
    Ok(())
}

async fn copy(connection: &mut PgConnection, table: &Table, rows: super::Rows) -> sqlx::Result<()> {
    let statement = format!("COPY {} ({}) FROM STDIN WITH (FREEZE)", table.name, table.columns.join(","));
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
    fn our_options_are_taken_out_of_the_url_and_theirs_stay() {
        let target = Target::parse("postgres://u@h/d?sslmode=disable&schema_prefix=t1&keep_data=true").unwrap();
        assert_eq!(target.url, "postgres://u@h/d?sslmode=disable");
        assert_eq!((target.prefix.as_str(), target.keep_data), ("t1", true));
        assert!(Target::parse("postgres://u@h/d?schema_prefix=a;drop").is_err());
    }

    #[test]
    fn text_is_escaped_as_copy_wants_it() {
        let mut buffer = String::new();
        write_row(&mut buffer, &[Value::from(7_i64), Value::from("a\tb\\c\nd")]);
        assert_eq!(buffer, "7\ta\\tb\\\\c\\nd\n");
    }
}
