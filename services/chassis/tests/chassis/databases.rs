use std::time::{Duration, Instant};

use chassis::Options;
use chassis::database::{Database, DatabaseError, Raw, Statement, System};
use chassis::options::DatabaseUrl;
use chassis::request::Scope;
use chassis::testing::{attribute, record_spans, spans_of};
use chassis::{span, testing};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, Status, TraceId};

const CREATE: &str =
    "CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, price DOUBLE PRECISION, sold BOOLEAN)";
const INSERT: Statement = Statement::new(
    "INSERT items",
    "INSERT INTO items (id, name, price, sold) VALUES ($1, $2, $3, $4)",
);
const SELECT: Statement = Statement::new(
    "SELECT items",
    "SELECT id, name, price, sold FROM items ORDER BY id",
);
const LISTED: Statement = Statement::new(
    "SELECT items",
    "SELECT id FROM items WHERE name IS NOT NULL AND id <> $1 AND id IN ({list}) ORDER BY id",
);
const SELL: Statement = Statement::new("UPDATE items", "UPDATE items SET sold = $1 WHERE id = $2");
/// Counts to a number that nobody waits for.
const FOREVER: Statement = Statement::new(
    "SELECT numbers",
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000000000) SELECT COUNT(*) FROM numbers",
);

/// A database of each kind that there is. PostgreSQL is tried when `FAULTMART_TEST_POSTGRES` says where it is.
struct Place {
    database: Database,
    _directory: Option<tempfile::TempDir>,
}

async fn places(test: &str) -> Vec<Place> {
    record_spans();
    let directory = tempfile::tempdir().unwrap();
    let mut urls = vec![(DatabaseUrl::Sqlite(directory.path().to_owned()), Some(directory))];
    match std::env::var("FAULTMART_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => {
            let with = if url.contains('?') { '&' } else { '?' };
            urls.push((
                DatabaseUrl::Postgres(format!("{url}{with}schema_prefix=chassis_{test}")),
                None,
            ));
        }
        _ => println!("skipped on PostgreSQL: FAULTMART_TEST_POSTGRES is not set"),
    }
    let mut places = Vec::new();
    for (url, directory) in urls {
        let options = Options {
            pool_size: 2,
            ..Options::with_defaults()
        };
        let database = Database::new("orders", &url, &options).unwrap();
        database.connect().await.unwrap();
        match database.raw() {
            Raw::Sqlite(pool) => drop(sqlx::raw_sql(CREATE).execute(pool).await.unwrap()),
            Raw::Postgres(pool) => {
                sqlx::raw_sql("DROP TABLE IF EXISTS items")
                    .execute(pool)
                    .await
                    .unwrap();
                sqlx::raw_sql(CREATE).execute(pool).await.unwrap();
            }
        }
        places.push(Place {
            database,
            _directory: directory,
        });
    }
    places
}

async fn insert(database: &Database, id: i64, name: Option<&str>) -> Result<u64, DatabaseError> {
    database
        .query(&INSERT)
        .bind(id)
        .bind(name)
        .bind(1.5)
        .bind(None::<bool>)
        .execute()
        .await
}

/// Runs `future` in a trace of its own.
async fn traced<F: Future>(future: F) -> (TraceId, F::Output) {
    let root = span::internal("root").as_root().start();
    (
        root.span_context().trace_id(),
        future.with_context(root.context().clone()).await,
    )
}

fn within(timeout: Duration) -> Scope {
    Scope::empty().with_deadline(Instant::now() + timeout)
}

fn named(trace: TraceId, name: &str) -> testing::SpanData {
    let spans = spans_of(trace);
    spans
        .iter()
        .find(|span| span.name == name)
        .unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
        .clone()
}

#[tokio::test]
async fn values_of_all_kinds_go_in_and_come_out() {
    for Place { database, .. } in &places("values").await {
        assert_eq!(insert(database, 1, Some("chair")).await.unwrap(), 1);
        insert(database, 2, None).await.unwrap();
        assert_eq!(
            database.query(&SELL).bind(true).bind(2).execute().await.unwrap(),
            1
        );
        let rows = database.query(&SELECT).fetch_all().await.unwrap();
        assert_eq!(rows[0].get::<i64>("id").unwrap(), 1);
        assert_eq!(rows[0].get::<String>("name").unwrap(), "chair");
        assert_eq!(rows[0].at::<f64>(2).unwrap(), 1.5);
        assert_eq!(rows[0].get::<Option<bool>>("sold").unwrap(), None);
        assert_eq!(rows[1].get::<Option<String>>("name").unwrap(), None);
        assert!(rows[1].get::<bool>("sold").unwrap());
        assert!(matches!(
            rows[0].get::<i64>("colour"),
            Err(DatabaseError::Column { .. })
        ));
    }
}

#[tokio::test]
async fn lists_are_expanded_and_an_empty_one_matches_nothing() {
    for Place { database, .. } in &places("lists").await {
        for id in 1..=4 {
            insert(database, id, Some("x")).await.unwrap();
        }
        for (list, expected) in [(&[1, 2, 9, 4][..], vec![1, 4]), (&[], vec![])] {
            let rows = database
                .query(&LISTED)
                .bind(2)
                .bind_list::<i64>(list)
                .fetch_all()
                .await
                .unwrap();
            let ids: Vec<i64> = rows.iter().map(|row| row.at(0).unwrap()).collect();
            assert_eq!(ids, expected);
        }
    }
}

#[tokio::test]
async fn a_statement_has_a_span() {
    for Place { database, .. } in &places("spans").await {
        insert(database, 1, None).await.unwrap();
        let (trace, rows) = traced(async { database.query(&SELECT).fetch_all().await.unwrap() }).await;
        assert_eq!(rows.len(), 1);
        let select = named(trace, "SELECT items");
        assert_eq!(select.span_kind, SpanKind::Client);
        let (system, namespace) = match database.system() {
            System::Sqlite => ("sqlite", "orders.db".to_owned()),
            System::Postgres => ("postgresql", attribute(&select, "db.namespace").unwrap()),
        };
        for (key, value) in [
            ("db.system.name", system),
            ("db.namespace", &namespace),
            ("db.query.summary", "SELECT items"),
            ("db.operation.name", "SELECT"),
            ("db.collection.name", "items"),
            ("db.query.text", SELECT.sql()),
            ("db.response.returned_rows", "1"),
        ] {
            assert_eq!(attribute(&select, key).as_deref(), Some(value), "{key}");
        }
        assert!(namespace.ends_with("orders") || namespace == "orders.db");
    }
}

#[tokio::test]
async fn constraints_are_a_kind_of_their_own() {
    for Place { database, .. } in &places("constraints").await {
        insert(database, 1, None).await.unwrap();
        let (trace, result) = traced(insert(database, 1, None)).await;
        assert!(result.unwrap_err().is_unique_violation());
        let span = named(trace, "INSERT items");
        assert_eq!(attribute(&span, "error.type").as_deref(), Some("conflict"));
        assert!(matches!(span.status, Status::Error { .. }));
    }
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    for Place { database, .. } in &places("transactions").await {
        insert(database, 1, None).await.unwrap();
        let sold = async || {
            database
                .query(&SELECT)
                .fetch_one()
                .await
                .unwrap()
                .get::<Option<bool>>("sold")
                .unwrap()
        };
        let mut transaction = database.begin_immediate().await.unwrap();
        transaction
            .query(&SELL)
            .bind(true)
            .bind(1)
            .execute()
            .await
            .unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(sold().await, None);
        let mut transaction = database.begin_immediate().await.unwrap();
        transaction
            .query(&SELL)
            .bind(true)
            .bind(1)
            .execute()
            .await
            .unwrap();
        drop(transaction);
        assert_eq!(sold().await, None);
        let (trace, ()) = traced(async {
            let mut transaction = database.begin_immediate().await.unwrap();
            transaction
                .query(&SELL)
                .bind(true)
                .bind(1)
                .execute()
                .await
                .unwrap();
            transaction.commit().await.unwrap();
        })
        .await;
        assert_eq!(sold().await, Some(true));
        for name in ["BEGIN", "UPDATE items", "COMMIT"] {
            named(trace, name);
        }
    }
}

#[tokio::test]
async fn waiting_for_sqlites_write_lock_is_in_the_span_of_begin() {
    let places = places("lock").await;
    let database = &places[0].database;
    let holder = database.begin_immediate().await.unwrap();
    let held = Duration::from_millis(150);
    let waiter = tokio::spawn({
        let database = database.clone();
        traced(async move { database.begin_immediate().await.unwrap() })
    });
    // Time is what is measured here.
    tokio::time::sleep(held).await;
    holder.commit().await.unwrap();
    let (trace, transaction) = waiter.await.unwrap();
    assert!(
        transaction.waited() >= held - Duration::from_millis(20),
        "{:?}",
        transaction.waited()
    );
    let span = named(trace, "BEGIN");
    assert_eq!(span.span_context.span_id(), transaction.begin_span());
    assert_eq!(
        attribute(&span, "db.query.text").as_deref(),
        Some("BEGIN IMMEDIATE")
    );
    let lasted = span.end_time.duration_since(span.start_time).unwrap();
    assert!(lasted >= held - Duration::from_millis(20), "{lasted:?}");
}

#[tokio::test]
async fn a_lock_that_is_not_free_by_the_deadline_is_given_up() {
    let places = places("patience").await;
    let database = &places[0].database;
    let holder = database.begin_immediate().await.unwrap();
    let asked = Instant::now();
    let result = within(Duration::from_millis(100))
        .run(async { database.begin_immediate().await })
        .await;
    // SQLite's own patience ends at the deadline too, and either may be the first to say so.
    let given_up = matches!(
        result,
        Err(DatabaseError::Timeout { .. } | DatabaseError::LockTimeout { .. })
    );
    assert!(given_up, "{:?}", result.err());
    assert!(asked.elapsed() < Duration::from_secs(1));
    holder.commit().await.unwrap();
    // Nobody holds it now, not even who gave up.
    database.begin_immediate().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_statement_past_its_deadline_is_given_up_and_does_not_keep_its_connection() {
    for Place { database, .. } in &places("deadline").await {
        let answers =
            || within(Duration::from_secs(5)).run(async { database.query(&SELECT).fetch_all().await });
        // There are two connections, and three statements are given up.
        for _ in 0..3 {
            // A server takes a moment to end what was given up; then there is a connection to be had.
            assert_eq!(answers().await.unwrap().len(), 0);
            let asked = Instant::now();
            let run =
                within(Duration::from_millis(100)).run(async { database.query(&FOREVER).fetch_one().await });
            let (trace, result) = traced(run).await;
            assert!(matches!(result, Err(DatabaseError::Timeout { .. })));
            assert!(asked.elapsed() < Duration::from_secs(1));
            assert_eq!(
                attribute(&named(trace, "SELECT numbers"), "error.type").as_deref(),
                Some("timeout")
            );
        }
        assert_eq!(answers().await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn waiting_for_a_connection_has_a_span() {
    for Place { database, .. } in &places("pool").await {
        // On a busy machine even a free connection may take a millisecond to get, but not every time.
        let mut unhindered = false;
        for _ in 0..100 {
            let (trace, _) = traced(async { database.query(&SELECT).fetch_all().await.unwrap() }).await;
            unhindered |= spans_of(trace).iter().all(|span| span.name != "pool acquire");
        }
        assert!(unhindered);
        let first = database.begin().await.unwrap();
        let second = database.begin().await.unwrap();
        let waiter = tokio::spawn({
            let database = database.clone();
            traced(async move { database.query(&SELECT).fetch_all().await.unwrap() })
        });
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop((first, second));
        let (trace, _) = waiter.await.unwrap();
        let acquire = named(trace, "pool acquire");
        let select = named(trace, "SELECT items");
        assert!(acquire.end_time.duration_since(acquire.start_time).unwrap() >= Duration::from_millis(20));
        assert!(select.start_time >= acquire.end_time);
    }
}

#[tokio::test]
async fn a_server_s_notices_are_no_news() {
    for Place { database, .. } in &places("notices").await {
        if let Raw::Postgres(pool) = database.raw() {
            let level: String = sqlx::query_scalar("SHOW client_min_messages")
                .fetch_one(pool)
                .await
                .unwrap();
            assert_eq!(level, "warning");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_failure_of_code_3() {
    let options = Options::with_defaults();
    let url = DatabaseUrl::Postgres("postgres://nobody:secret@127.0.0.1:1/shop".to_owned());
    let failure = Database::new("orders", &url, &options)
        .unwrap()
        .connect()
        .await
        .unwrap_err();
    assert_eq!(failure.code, 3);
    assert!(
        failure.message.contains("127.0.0.1:1") && !failure.message.contains("secret"),
        "{failure}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let url = DatabaseUrl::Sqlite(file.path().join("below"));
    let failure = Database::new("orders", &url, &options)
        .unwrap()
        .connect()
        .await
        .unwrap_err();
    assert_eq!(failure.code, 3);
}
