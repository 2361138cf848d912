//! How a fault is switched on, on which databases its mechanism is real, and what ends it.

/// How a fault is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It rides with a request, in its baggage.
    Request,
    /// It is set for a time, by the run or by hand, and strikes whatever is there meanwhile.
    Window,
    /// Either.
    Both,
}

impl Scope {
    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Window => "window",
            Self::Both => "both",
        }
    }

    /// Whether it can ride with a request.
    #[must_use]
    pub fn rides(self) -> bool {
        self != Self::Window
    }

    /// Whether it can be set for a time.
    #[must_use]
    pub fn is_set_for_a_time(self) -> bool {
        self != Self::Request
    }
}

/// One of the two databases that the shop runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file for each service.
    Sqlite,
    /// A server.
    Postgres,
}

impl Database {
    /// As `summary.json` has it: `sqlite`, `postgresql`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// On which databases the mechanism is real. Where it is not, it is refused by name, and never imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Databases {
    /// On either.
    Both,
    /// On one alone.
    Only {
        /// That one.
        database: Database,
        /// Why not on the other: a sentence.
        because: &'static str,
    },
}

impl Databases {
    /// Those it strikes on.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [Database::Sqlite, Database::Postgres]
            .into_iter()
            .filter(|database| self.refusal(*database).is_none())
            .map(Database::as_str)
            .collect()
    }

    /// Why it cannot strike on that database; none where it can.
    #[must_use]
    pub fn refusal(self, on: Database) -> Option<&'static str> {
        match self {
            Self::Both => None,
            Self::Only { database, because } => (database != on).then_some(because),
        }
    }
}
