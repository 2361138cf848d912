//! A statement: its SQL, its name, and the values that are bound to it.

use std::borrow::Cow;

/// Where a list of placeholders goes: `WHERE id IN ({list})`.
const LIST: &str = "{list}";

/// A statement, with the name of its span.
#[derive(Debug)]
pub struct Statement {
    summary: &'static str,
    sql: &'static str,
}

impl Statement {
    /// `summary` is the operation and the table (`SELECT order_items`); `sql` has `$1` placeholders.
    #[must_use]
    pub const fn new(summary: &'static str, sql: &'static str) -> Self {
        Self { summary, sql }
    }

    /// `db.query.summary`.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// As written, `{list}` included.
    #[must_use]
    pub const fn sql(&self) -> &'static str {
        self.sql
    }

    /// `db.operation.name`: `SELECT`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.summary.split(' ').next().unwrap_or_default()
    }

    /// `db.collection.name`: `order_items`. None for a statement on several tables or on none.
    #[must_use]
    pub fn collection(&self) -> Option<&'static str> {
        let mut words = self.summary.split(' ').skip(1);
        words.next().filter(|_| words.next().is_none())
    }

    /// The SQL with `count` placeholders, the first of them `$first`, in the place of `{list}`.
    pub(super) fn expanded(&self, first: usize, count: usize) -> Cow<'static, str> {
        if !self.sql.contains(LIST) {
            return Cow::Borrowed(self.sql);
        }
        // An empty list matches nothing, which `IN (NULL)` says in both databases.
        let list = if count == 0 {
            "NULL".to_owned()
        } else {
            (first..first + count)
                .map(|number| format!("${number}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        Cow::Owned(self.sql.replace(LIST, &list))
    }
}

/// A value bound to a placeholder; each kind may be NULL.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// BIGINT.
    Integer(Option<i64>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
    /// TEXT.
    Text(Option<String>),
    /// BOOLEAN.
    Boolean(Option<bool>),
}

macro_rules! values {
    ($($kind:ident($native:ty) from $($given:ty),+;)+) => {
        $($(
            impl From<$given> for Value {
                fn from(value: $given) -> Self {
                    Self::$kind(Some(<$native>::from(value)))
                }
            }
            impl From<Option<$given>> for Value {
                fn from(value: Option<$given>) -> Self {
                    Self::$kind(value.map(<$native>::from))
                }
            }
        )+)+
    };
}

values! {
    Integer(i64) from i64, i32, u32;
    Real(f64) from f64;
    Text(String) from String, &str;
    Boolean(bool) from bool;
}
