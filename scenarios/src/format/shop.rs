//! `shop:` how much data the shop starts with.

use super::reader::Reader;
use crate::document::Node;
use crate::fields::{MAX_ROWS, SHOP};
use crate::model::Shop;

/// Enough for every fault to be seen, and loaded in a moment.
const DEFAULT: Shop = Shop {
    users: 2_000,
    products: 1_000,
    orders: 20_000,
};

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
    Shop {
        users: rows("users", 1, DEFAULT.users),
        products: rows("products", 1, DEFAULT.products),
        orders: rows("orders", 0, DEFAULT.orders),
    }
}
