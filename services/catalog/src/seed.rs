//! The products and reviews that a shop starts with.

use chassis::seeding::{Dataset, Migrations, Rows, Table};
use seed::shop::{self, Scale};

/// What the database of this service starts with.
pub static DATASET: Dataset = Dataset {
    service: "catalog",
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
            name: "products",
            columns: &["id", "name", "description", "price_cents"],
            rows: products,
        },
        Table {
            name: "product_terms",
            columns: &["term", "product_id"],
            rows: product_terms,
        },
        Table {
            name: "reviews",
            columns: &["id", "product_id", "author_id", "rating", "text"],
            rows: reviews,
        },
    ],
};

fn products(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.products).map(move |number| {
        let product = shop::product(seed, number);
        vec![
            number.into(),
            product.name.into(),
            product.description.into(),
            product.price_cents.into(),
        ]
    }))
}

fn product_terms(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.products).flat_map(move |number| {
        let terms = shop::product(seed, number).terms();
        terms
            .into_iter()
            .map(move |term| vec![term.into(), number.into()])
    }))
}

fn reviews(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.products).flat_map(move |number| {
        shop::reviews(seed, number, scale).into_iter().map(|review| {
            vec![
                review.number.into(),
                review.product.into(),
                review.author.into(),
                review.rating.into(),
                review.text.into(),
            ]
        })
    }))
}
