//! `shop:` how much data the shop starts with, and how far its services are from one another.

use std::time::Duration;

use super::reader::Reader;
use crate::document::Node;
use crate::fields::{MAX_ROWS, SHOP};
use crate::model::Shop;

/// Enough for every fault to be seen, and loaded in a moment.
const DEFAULT: Shop = Shop {
    users: 2_000,
    products: 1_000,
    orders: 20_000,
    distance: Duration::ZERO,
};

/// Further, and a checkout's calls take longer than it may.
const FARTHEST: Duration = Duration::from_millis(100);

pub(super) fn read(reader: &mut Reader<'_>, node: Option<&Node>) -> Shop {
    let Some(fields) = node.and_then(|node| reader.fields(node, "`shop`", SHOP)) else {
        return DEFAULT;
    };
    let mut rows = |name, min, default| {
        let number = fields
            .get(name)
            .and_then(|node| reader.integer(node, min, MAX_ROWS));
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default)
    };
    let (users, products, orders) = (
        rows("users", 1, DEFAULT.users),
        rows("products", 1, DEFAULT.products),
        rows("orders", 0, DEFAULT.orders),
    );
    let distance = fields.get("distance").and_then(|node| {
        let distance = reader.duration(node)?;
        if distance > FARTHEST {
            reader.problem(
                node.place,
                "`distance` is too long",
                "give `100ms` at most".to_owned(),
            );
            return None;
        }
        Some(distance)
    });
    Shop {
        users,
        products,
        orders,
        distance: distance.unwrap_or(DEFAULT.distance),
    }
}
