//! Orders placed before the run.

use super::{Scale, price_cents};
use crate::draws::{Domain, Draws};

/// 2025-01-01T00:00:00Z, when the shop opened, in milliseconds since the epoch. Fixed, for rows follow from the seed alone.
pub const OPENED_MS: i64 = 1_735_689_600_000;

/// Five minutes from one order to the next, in milliseconds, give or take.
const GAP_MS: u64 = 300_000;

/// The most positions that an order has.
const MOST_ITEMS: u64 = 8;

/// An order of the shop's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// From 1, in the order in which they were placed.
    pub number: u32,
    /// Who placed it.
    pub user: u32,
    /// Milliseconds since the epoch.
    pub placed_at_ms: i64,
    /// `shipped`, or `cancelled` for one in 32.
    pub status: &'static str,
    /// 1 to 8, each of another product.
    pub items: Vec<Item>,
}

/// A position of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The product's number.
    pub product: u32,
    /// How many of it, from 1.
    pub quantity: u32,
    /// The price of one, which is the product's.
    pub price_cents: u32,
}

/// Order `number` of the shop's past. Users take turns, so that everybody has the same number of orders, give or take one, and a
/// page of the order history is a page for everybody.
#[must_use]
pub fn order(seed: u64, number: u32, scale: Scale) -> Order {
    let mut draws = Draws::new(seed, Domain::Orders, u64::from(number));
    let index = number.saturating_sub(1);
    let late_ms = draws.below(GAP_MS) as i64;
    let status = if draws.below(32) == 0 {
        "cancelled"
    } else {
        "shipped"
    };
    Order {
        number,
        user: 1 + index % scale.users.max(1),
        placed_at_ms: OPENED_MS + i64::from(index) * GAP_MS as i64 + late_ms,
        status,
        items: items(seed, &mut draws, scale.products),
    }
}

fn items(seed: u64, draws: &mut Draws, products: u32) -> Vec<Item> {
    let count = (1 + draws.below(MOST_ITEMS) as usize).min(products as usize);
    let mut items: Vec<Item> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut product = 1 + draws.popular(u64::from(products)) as u32;
        // The next one that is not in the order yet: at most 7 steps, where drawing again might go on for long.
        while items.iter().any(|item| item.product == product) {
            product = 1 + product % products;
        }
        let quantity = 1 + draws.below(3) as u32;
        items.push(Item {
            product,
            quantity,
            price_cents: price_cents(seed, product),
        });
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::product;

    const SCALE: Scale = Scale {
        users: 20,
        products: 50,
        orders: 400,
    };

    #[test]
    fn orders_cost_what_their_products_cost_and_name_each_once() {
        for number in 1..=SCALE.orders {
            let order = order(42, number, SCALE);
            assert!((1..=8).contains(&order.items.len()));
            for item in &order.items {
                assert_eq!(item.price_cents, product(42, item.product).price_cents);
                assert!((1..=SCALE.products).contains(&item.product));
                let same = order.items.iter().filter(|other| other.product == item.product);
                assert_eq!(same.count(), 1);
            }
        }
    }

    #[test]
    fn everybody_has_the_same_number_of_orders_and_times_never_go_back() {
        let orders: Vec<Order> = (1..=SCALE.orders).map(|number| order(7, number, SCALE)).collect();
        for user in 1..=SCALE.users {
            assert_eq!(orders.iter().filter(|order| order.user == user).count(), 20);
        }
        assert!(orders.is_sorted_by_key(|order| order.placed_at_ms));
    }

    #[test]
    fn a_shop_of_one_product_and_one_user_has_orders_too() {
        let order = order(
            1,
            3,
            Scale {
                users: 1,
                products: 1,
                orders: 3,
            },
        );
        assert_eq!((order.user, order.items.len(), order.items[0].product), (1, 1, 1));
    }
}
