//! The handle to a service's database.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use opentelemetry::KeyValue;

use super::connect::{self, Place, Raw, System, Target};
use super::error::DatabaseError;
use super::holders::{Holders, Holding, Kind};
use super::pool::{Lease, Pool};
use super::query::Query;
use super::statement::Statement;
use super::transaction::{Begin, Transaction};
use super::trouble::{Access, Trouble};
use crate::failure::Failure;
use crate::options::{DatabaseUrl, Options};
use crate::request::Deadline;

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
    place: Place,
    pool: Arc<Pool>,
    pool_size: u32,
    request_timeout: Duration,
    holders: Holders,
    trouble: Trouble,
}

impl Database {
    /// A handle to the database of that service. Nothing is opened before the first statement or [`Database::connect`], so
    /// that a file can be put in its place before.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 2 when the URL is wrong.
    pub fn new(service: &str, url: &DatabaseUrl, options: &Options) -> Result<Self, Failure> {
        let place = Place::of(service, url, options)?;
        Ok(Self::at(place, options.pool_size, options.request_timeout))
    }

    /// Another handle to the same database, with so many connections of its own, none of which is open yet.
    #[must_use]
    pub fn another(&self, connections: u32) -> Self {
        Self::at(self.inner.place.clone(), connections, self.inner.request_timeout)
    }

    fn at(place: Place, pool_size: u32, request_timeout: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                pool: Arc::new(Pool::new(place.connector.clone(), pool_size)),
                place,
                pool_size,
                request_timeout,
                holders: Holders::default(),
                trouble: Trouble::default(),
            }),
        }
    }

    /// Opens all connections. Creates the directory of the file, or the schema, when it is missing.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 3 when the database is not there or refuses.
    pub fn connect(&self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.inner.place.create().await?;
            let mut leases = Vec::new();
            for _ in 0..self.inner.pool_size {
                let lease = self.inner.pool.acquire().await;
                leases.push(lease.map_err(|error| connect::unreachable(self.target(), &error))?);
            }
            Ok(())
        })
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn system(&self) -> System {
        self.target().system()
    }

    /// Where the data is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.inner.place.target
    }

    /// A pool beside our own, for migrations and for tests.
    #[must_use]
    pub fn raw(&self) -> &Raw {
        &self.inner.place.raw
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
    pub fn begin(&self) -> BoxFuture<'_, Result<Transaction, DatabaseError>> {
        Box::pin(async move { Transaction::begin(self, Begin::Plain).await })
    }

    /// Begins a transaction that writes. SQLite takes its one write lock here (`BEGIN IMMEDIATE`), waiting for it if need
    /// be; PostgreSQL takes row locks later, in the statements. [`Transaction::waited`] says how long it took.
    ///
    /// # Errors
    ///
    /// When there is no connection, or no lock, in time.
    pub fn begin_immediate(&self) -> BoxFuture<'_, Result<Transaction, DatabaseError>> {
        Box::pin(async move {
            match self.system() {
                System::Sqlite => Transaction::begin(self, Begin::Immediate).await,
                System::Postgres => Transaction::begin(self, Begin::Plain).await,
            }
        })
    }

    /// Says that the request that is served here keeps a connection across something else, because of that fault, until what
    /// is returned is dropped: then the referee is told, with how long the request waited for connections itself. Who waits for
    /// one meanwhile is told as a bystander.
    pub fn holding(&self, fault: &'static str, at: &'static str) -> Holding {
        self.inner.holders.begin(Kind::Holding, fault, at)
    }

    /// Says that the request that is served here asks, because of that fault, for what others are asking for as well, until what is
    /// returned is dropped. Who waits for a connection meanwhile is told to the referee as a bystander; of the request itself
    /// somebody else tells.
    pub fn crowding(&self, fault: &'static str, at: &'static str) -> Holding {
        self.inner.holders.begin(Kind::Crowding, fault, at)
    }

    /// Whether a connection can be had and answers, for `/readyz`.
    pub(crate) async fn answers(&self) -> bool {
        let answer = async { self.inner.pool.acquire().await?.ping().await };
        matches!(
            tokio::time::timeout(self.inner.request_timeout, answer).await,
            Ok(Ok(()))
        )
    }

    /// Why the database did not do what it was last told: it is full, or gone. None while it does.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.inner.trouble.current()
    }

    /// Notes how a statement ended.
    pub(super) fn note<T>(&self, access: Access, result: &Result<T, DatabaseError>) {
        self.inner.trouble.note(access, result);
    }

    /// Connections in use and idle.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        self.inner.pool.usage()
    }

    /// Closes all connections, those in use once they are given back.
    pub fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.inner.pool.close())
    }

    /// What every span on this database says.
    pub(super) fn attributes(&self) -> &[KeyValue] {
        &self.inner.place.attributes
    }

    /// Takes a connection, within the request's deadline. A wait of more than 1 ms gets a span.
    pub(super) async fn acquire(&self, statement: &'static str) -> Result<Lease, DatabaseError> {
        let (began, began_at) = (Instant::now(), SystemTime::now());
        let deadline = Deadline::current().or_in(ACQUIRE_TIMEOUT);
        let result = match deadline.bound(self.inner.pool.acquire()).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(error)) => Err(DatabaseError::of(statement, &error)),
            Err(_) => Err(DatabaseError::Timeout { statement }),
        };
        if result.is_err() {
            self.note(Access::Read, &result);
        }
        if began.elapsed() > NOTABLE_WAIT || result.is_err() {
            let span = crate::span::internal("pool acquire")
                .attributes(self.attributes().to_vec())
                .started_at(began_at)
                .start();
            if let Err(error) = &result {
                span.fail(error.error_type(), error.to_string());
            }
            self.inner.holders.waited(began, span.span_id());
        }
        result
    }
}
