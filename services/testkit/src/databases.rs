//! Databases filled from a dataset.

use chassis::Options;
use chassis::database::{Database, Raw, Statement, System, Transaction};
use chassis::options::DatabaseUrl;
use chassis::seeding::{self, Dataset};
use seed::shop::Scale;
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;

/// The seed of every test's data.
const SEED: u64 = 42;

/// A filled database, for as long as this lives.
pub struct TestDatabase {
    /// The service's handle.
    pub database: Database,
    /// Other handles to the same database, as another process would have them.
    url: DatabaseUrl,
    service: &'static str,
    _directory: Option<TempDir>,
}

impl TestDatabase {
    /// Another handle to the same database, as another process would have it.
    pub fn reopen(&self) -> Database {
        handle(self.service, &self.url)
    }

    /// All connections of the service's handle: until they are dropped, the database answers nobody.
    pub async fn all_in_use(&self) -> Vec<Transaction> {
        let mut all = Vec::new();
        while self.database.connections().1 > 0 {
            all.push(self.database.begin().await.unwrap());
        }
        all
    }
}

/// The database of that service on SQLite and, when there is one, on PostgreSQL. `name` is the test's, and unique.
pub async fn databases(dataset: &Dataset, name: &str, scale: Scale) -> Vec<TestDatabase> {
    let mut all = vec![sqlite(dataset, scale).await];
    match std::env::var("FAULTMART_TEST_POSTGRES") {
        Ok(url) => {
            let separator = if url.contains('?') { '&' } else { '?' };
            let url = DatabaseUrl::Postgres(format!("{url}{separator}schema_prefix=test_{name}"));
            all.push(filled(dataset, scale, url, None).await);
        }
        Err(_) => println!("{name}: not tried on PostgreSQL, for FAULTMART_TEST_POSTGRES is not set"),
    }
    all
}

/// The database of that service on SQLite.
pub async fn sqlite(dataset: &Dataset, scale: Scale) -> TestDatabase {
    let directory = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(directory.path().to_owned());
    filled(dataset, scale, url, Some(directory)).await
}

async fn filled(
    dataset: &Dataset,
    scale: Scale,
    url: DatabaseUrl,
    directory: Option<TempDir>,
) -> TestDatabase {
    let database = handle(dataset.service, &url);
    seeding::prepare(dataset, SEED, scale, &database, None)
        .await
        .unwrap();
    database.connect().await.unwrap();
    TestDatabase {
        database,
        url,
        service: dataset.service,
        _directory: directory,
    }
}

fn handle(service: &'static str, url: &DatabaseUrl) -> Database {
    Database::new(service, url, &Options::with_defaults()).unwrap()
}

/// How the database would carry the statement out, line by line, with `list` as its list and `integer` in the place of all its
/// other parameters.
pub async fn query_plan(database: &Database, statement: &Statement, list: &str, integer: i64) -> String {
    let mut sql = statement.sql().replace("{list}", list);
    for parameter in (1..=9).rev() {
        sql = sql.replace(&format!("${parameter}"), &integer.to_string());
    }
    let explain = match database.system() {
        System::Sqlite => format!("EXPLAIN QUERY PLAN {sql}"),
        // Whether the index can serve the predicate, however few rows a test has.
        System::Postgres => format!("SET enable_seqscan = off; EXPLAIN {sql}"),
    };
    let query = sqlx::raw_sql(AssertSqlSafe(explain));
    let lines: Vec<String> = match database.raw() {
        Raw::Sqlite(pool) => query
            .fetch_all(pool)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get("detail"))
            .collect(),
        Raw::Postgres(pool) => query
            .fetch_all(pool)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect(),
    };
    lines.join("\n")
}

/// Runs SQL on the side, as a person with a shell would.
pub async fn execute(database: &Database, sql: &str) {
    let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match database.raw() {
        Raw::Sqlite(pool) => drop(query.execute(pool).await.unwrap()),
        Raw::Postgres(pool) => drop(query.execute(pool).await.unwrap()),
    }
}

/// The one number that SQL gives, asked on the side.
pub async fn number(database: &Database, sql: &str) -> i64 {
    let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match database.raw() {
        Raw::Sqlite(pool) => query.fetch_one(pool).await.unwrap().get(0),
        Raw::Postgres(pool) => query.fetch_one(pool).await.unwrap().get(0),
    }
}
