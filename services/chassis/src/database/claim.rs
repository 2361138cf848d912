//! The right to the schemas of a PostgreSQL database: two runs on one database at once must not destroy each other's data.
//!
//! Whoever starts a shop takes an advisory lock of the server's own on the prefix of its schemas and holds it for as long as the
//! shop runs. The lock goes with the connection, so nothing is left behind however its holder ends.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::connect;
use crate::failure::Failure;
use crate::seeding;

/// The first half of the lock's key, which says that it is one of ours; the second is made from the prefix.
const LOCK_CLASS: i32 = 0x0fa1_7e57;
/// How many shops find schemas of their own on one database without asking for them.
const MOST: u32 = 9;
/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A claim on the schemas of one prefix.
#[derive(Debug)]
pub struct Claim {
    url: String,
    connection: PgConnection,
}

impl Claim {
    /// Claims the schemas of the prefix that the URL names. When it names none, `faultmart`, or `faultmart_2` and so on while
    /// others use those before it.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 3 when the server cannot be reached, with its reason, or when somebody else has the schemas.
    pub fn take(url: &str) -> BoxFuture<'_, Result<Self, Failure>> {
        Box::pin(async move { connect::bounded(url, Self::take_in_time(url)).await })
    }

    async fn take_in_time(url: &str) -> Result<Self, Failure> {
        // A prefix that cannot be part of a name is wrong whether or not the server is there.
        seeding::schema(url, "orders")?;
        let unreachable = |error: sqlx::Error| connect::unreachable_server(url, &error);
        let mut connection = PgConnection::connect_with(&connect::server(url)?)
            .await
            .map_err(unreachable)?;
        for prefix in candidates(url) {
            let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
                .bind(LOCK_CLASS)
                .bind(crc32fast::hash(prefix.as_bytes()).cast_signed())
                .fetch_one(&mut connection)
                .await
                .map_err(unreachable)?;
            if free {
                let url = seeding::with_schema_prefix(url, &prefix);
                return Ok(Self { url, connection });
            }
        }
        let taken = candidates(url).join("_*`, `");
        Err(Failure::not_carried_out(format!(
            "other runs use the schemas `{taken}_*` of the database at {}",
            connect::address(url)
        ))
        .help("wait for one to end, or ask for schemas of your own: --database 'postgres://…?schema_prefix=NAME'"))
    }

    /// The URL with the prefix that was claimed.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server still answers.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with code 3 when it does not, with the reason.
    pub fn check(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let gone = |reason: &dyn std::fmt::Display| {
                Failure::not_carried_out(format!(
                    "the PostgreSQL server at {} is gone: {reason}",
                    connect::address(&self.url)
                ))
                .help("its own log says why; what was measured until then is in the run's folder")
            };
            match tokio::time::timeout(PATIENCE, self.connection.ping()).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(gone(&error)),
                Err(_) => Err(gone(&format!("no answer within {} s", PATIENCE.as_secs()))),
            }
        })
    }

    /// Gives the schemas free, with the data in them: whoever claims them next replaces it.
    pub fn release(mut self) -> BoxFuture<'static, ()> {
        let release = async move {
            // Before the connection is closed, so that whoever comes next finds them free. If the server is gone, they are.
            let _ = sqlx::query("SELECT pg_advisory_unlock_all()")
                .execute(&mut self.connection)
                .await;
            let _ = self.connection.close().await;
        };
        Box::pin(async move {
            let _ = tokio::time::timeout(PATIENCE, release).await;
        })
    }
}

fn candidates(url: &str) -> Vec<String> {
    match seeding::asked_schema_prefix(url) {
        Some(prefix) => vec![prefix],
        None => {
            let first = seeding::DEFAULT_SCHEMA_PREFIX;
            let further = (2..=MOST).map(|number| format!("{first}_{number}"));
            std::iter::once(first.to_owned()).chain(further).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_was_asked_for_is_the_only_candidate() {
        assert_eq!(candidates("postgres://u@h/d?schema_prefix=mine"), ["mine"]);
        let free = candidates("postgres://u@h/d?sslmode=disable");
        assert_eq!(free.len(), 9);
        assert_eq!(free[..2], ["faultmart", "faultmart_2"]);
    }
}
