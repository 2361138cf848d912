//! The connections of a service: all opened at the start, handed out in the order in which they are asked for.
//!
//! Why not sqlx's own pool: it pings a connection each time it comes back, which doubles the round trips of short statements,
//! and it cannot interrupt a statement of SQLite that nobody waits for any more. Here a connection that comes back clean goes
//! straight to the next in the queue, and one that was left in the middle of something is put in order first.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long SQLite tries to get its write lock for a statement outside a transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long putting a connection in order, or opening one, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many of SQLite's instructions are run between two looks at whether somebody still waits; about a tenth of a
/// millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// How a connection is opened.
#[derive(Debug, Clone)]
pub(super) enum Connector {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// The connections that are not in use.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    size: u32,
    open: AtomicU32,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A connection to either database.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite {
        connection: SqliteConnection,
        given_up: Arc<AtomicBool>,
    },
    Postgres {
        connection: PgConnection,
        process: i32,
    },
}

/// A connection in use: it goes back to the pool when this is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    /// None only while this is being dropped.
    connection: Option<Connection>,
    pool: Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
    state: State,
}

/// What a connection is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Of nothing: the next can have it as it is.
    Settled,
    /// Of a transaction, between two statements.
    Open,
    /// Of a statement: whoever drops the lease now gives it up.
    Running,
}

impl Pool {
    pub(super) fn new(connector: Connector, size: u32) -> Self {
        Self {
            connector,
            size,
            open: AtomicU32::new(0),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(size as usize)),
        }
    }

    /// A connection, as soon as it is this caller's turn.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Lease, sqlx::Error> {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let there = self.idle().pop();
        let connection = match there {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok(Lease {
            connection: Some(connection),
            pool: self.clone(),
            permit: Some(permit),
            state: State::Settled,
        })
    }

    /// Connections in use and idle.
    pub(super) fn usage(&self) -> (u32, u32) {
        let free = u32::try_from(self.permits.available_permits())
            .unwrap_or(u32::MAX)
            .min(self.size);
        let used = self.size - free;
        (used, self.open.load(Ordering::Relaxed).saturating_sub(used))
    }

    /// Closes all connections that are not in use, and hands none out any more.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            self.open.fetch_sub(1, Ordering::Relaxed);
            connection.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<Connection, sqlx::Error> {
        let open = Connection::open(&self.connector);
        let connection = tokio::time::timeout(PATIENCE, open)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(connection)
    }

    /// Takes back a connection that was left in the middle of something.
    async fn restore(&self, mut connection: Connection, running: bool) {
        let settle = async {
            if running {
                connection.cancel(&self.connector).await;
            }
            connection.settle().await
        };
        let settled = tokio::time::timeout(PATIENCE, settle).await;
        if matches!(settled, Ok(Ok(()))) && !self.permits.is_closed() {
            self.idle().push(connection);
        } else {
            // The next to come opens another one.
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Connection {
    async fn open(connector: &Connector) -> Result<Self, sqlx::Error> {
        match connector {
            Connector::Sqlite(options) => {
                let mut connection = options.connect().await?;
                let given_up = Arc::new(AtomicBool::new(false));
                let seen = given_up.clone();
                connection
                    .lock_handle()
                    .await?
                    .set_progress_handler(INSTRUCTIONS, move || !seen.load(Ordering::Relaxed));
                Ok(Self::Sqlite { connection, given_up })
            }
            Connector::Postgres(options) => {
                let mut connection = options.connect().await?;
                let process = sqlx::query_scalar("SELECT pg_backend_pid()")
                    .fetch_one(&mut connection)
                    .await?;
                Ok(Self::Postgres { connection, process })
            }
        }
    }

    /// Asks the database to end the statement that nobody waits for any more.
    async fn cancel(&self, connector: &Connector) {
        match (self, connector) {
            (Self::Sqlite { given_up, .. }, _) => given_up.store(true, Ordering::Relaxed),
            (Self::Postgres { process, .. }, Connector::Postgres(options)) => {
                // When this cannot be done, the server's statement_timeout ends it a little later.
                if let Ok(mut beside) = options.connect().await {
                    let cancel = sqlx::query("SELECT pg_cancel_backend($1)").bind(process);
                    let _ = cancel.execute(&mut beside).await;
                    let _ = beside.close().await;
                }
            }
            (Self::Postgres { .. }, Connector::Sqlite(_)) => {}
        }
    }

    /// Ends what goes on and undoes the open transaction, if there is one.
    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { connection, given_up } => {
                // Comes back once the interrupted statement has ended.
                connection.ping().await?;
                given_up.store(false, Ordering::Relaxed);
                // There may be no transaction, and then nothing is to be undone.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
                let reset = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
                sqlx::raw_sql(sqlx::AssertSqlSafe(reset))
                    .execute(connection)
                    .await
                    .map(drop)
            }
            Self::Postgres { connection, .. } => {
                // Waits for the statement that was given up. Outside a transaction this is a warning, and no error.
                sqlx::raw_sql("ROLLBACK").execute(connection).await.map(drop)
            }
        }
    }

    async fn close(self) {
        // A connection that cannot be closed is gone.
        let _ = match self {
            Self::Sqlite { connection, .. } => connection.close().await,
            Self::Postgres { connection, .. } => connection.close().await,
        };
    }
}

impl Lease {
    /// What the connection is in the middle of.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Says what the connection is in the middle of from now on.
    pub(super) fn set(&mut self, state: State) {
        self.state = state;
    }

    /// Whether the other side answers.
    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        self.set(State::Running);
        match &mut **self {
            Connection::Sqlite { connection, .. } => connection.ping().await?,
            Connection::Postgres { connection, .. } => connection.ping().await?,
        }
        self.set(State::Settled);
        Ok(())
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if self.state == State::Settled && !self.pool.permits.is_closed() {
            self.pool.idle().push(connection);
            return;
        }
        let running = self.state == State::Running;
        let (pool, permit) = (self.pool.clone(), self.permit.take());
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                pool.restore(connection, running).await;
                drop(permit);
            })),
            // The runtime is gone, and the process about to be.
            Err(_) => drop(connection),
        }
    }
}
