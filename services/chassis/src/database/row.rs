//! A row of a result, whichever database it came from.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use super::error::DatabaseError;

/// A row of a result.
pub struct Row(pub(super) Repr);

pub(super) enum Repr {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type that a column can be read as: `i64` (BIGINT), `f64` (DOUBLE PRECISION), `String` (TEXT), `bool` (BOOLEAN), and
/// `Option` of each.
pub trait Column:
    for<'row> Decode<'row, Sqlite> + Type<Sqlite> + for<'row> Decode<'row, Postgres> + Type<Postgres>
{
}

impl Column for i64 {}
impl Column for f64 {}
impl Column for String {}
impl Column for bool {}
impl Column for Option<i64> {}
impl Column for Option<f64> {}
impl Column for Option<String> {}
impl Column for Option<bool> {}

impl Row {
    /// The value of the column of that name.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Column`] when there is no such column, or it has another type. `SUM` of a BIGINT is a NUMERIC in
    /// PostgreSQL: write `CAST(SUM(…) AS BIGINT)`.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, DatabaseError> {
        match &self.0 {
            Repr::Sqlite(row) => row.try_get(column),
            Repr::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| DatabaseError::Column {
            column: column.to_owned(),
            reason: error.to_string(),
        })
    }

    /// The value of the column at that place, from 0: a little faster than by name.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn at<T: Column>(&self, index: usize) -> Result<T, DatabaseError> {
        match &self.0 {
            Repr::Sqlite(row) => row.try_get(index),
            Repr::Postgres(row) => row.try_get(index),
        }
        .map_err(|error| DatabaseError::Column {
            column: index.to_string(),
            reason: error.to_string(),
        })
    }
}
