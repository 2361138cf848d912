//! The users and sessions that a shop starts with.

use chassis::seeding::{Dataset, Migrations, Rows, Table};
use seed::shop::{self, Scale};

/// What the database of this service starts with.
pub static DATASET: Dataset = Dataset {
    service: "users",
    sqlite: Migrations {
        tables: include_str!("../migrations/sqlite/tables.sql"),
        indexes: include_str!("../migrations/sqlite/indexes.sql"),
    },
    postgres: Migrations {
        tables: include_str!("../migrations/postgres/tables.sql"),
        indexes: include_str!("../migrations/postgres/indexes.sql"),
    },
    tables: &[
        Table {
            name: "users",
            columns: &["id", "email", "name"],
            rows: users,
        },
        Table {
            name: "sessions",
            columns: &["token", "user_id", "created_at_ms"],
            rows: sessions,
        },
    ],
};

fn users(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.users).map(move |number| {
        let user = shop::user(seed, number);
        vec![user.number.into(), user.email.into(), user.name.into()]
    }))
}

/// Everybody is signed in from the start, so that no journey has to begin with it.
fn sessions(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.users).map(move |number| {
        vec![
            shop::token(seed, number).into(),
            number.into(),
            shop::OPENED_MS.into(),
        ]
    }))
}
