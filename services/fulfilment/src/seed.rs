//! No shipment is under way when a shop starts.

use chassis::seeding::{Dataset, Migrations};

/// What the database of this service starts with.
pub static DATASET: Dataset = Dataset {
    service: "fulfilment",
    sqlite: Migrations {
        tables: include_str!("../migrations/sqlite/tables.sql"),
        indexes: "",
    },
    postgres: Migrations {
        tables: include_str!("../migrations/postgres/tables.sql"),
        indexes: "",
    },
    tables: &[],
};
