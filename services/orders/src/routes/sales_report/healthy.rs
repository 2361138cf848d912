//! A map from each pair to its count: each pair of each order is looked up once, however many pairs there are.

use std::collections::HashMap;

use chassis::request::Deadline;

use super::Basket;

/// How many orders each pair of products is in; none when the deadline passes first.
pub(super) fn count(baskets: &[Basket], deadline: Deadline) -> Option<Vec<((i64, i64), u32)>> {
    let mut pairs: HashMap<(i64, i64), u32> = HashMap::new();
    for basket in baskets {
        for (index, &one) in basket.iter().enumerate() {
            for &other in &basket[index + 1..] {
                *pairs.entry((one, other)).or_default() += 1;
            }
        }
        if deadline.has_passed() {
            return None;
        }
    }
    Some(pairs.into_iter().collect())
}
