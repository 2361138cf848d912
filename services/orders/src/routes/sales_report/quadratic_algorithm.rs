//! A list of the pairs and their counts: each pair of each order is searched for in all that were found before.

use chassis::request::Deadline;

use super::Basket;

/// How many orders each pair of products is in; none when the deadline passes first.
pub(super) fn count(baskets: &[Basket], deadline: Deadline) -> Option<Vec<((i64, i64), u32)>> {
    let mut pairs: Vec<((i64, i64), u32)> = Vec::new();
    for basket in baskets {
        for (index, &one) in basket.iter().enumerate() {
            for &other in &basket[index + 1..] {
                match pairs.iter_mut().find(|(pair, _)| *pair == (one, other)) {
                    Some((_, count)) => *count += 1,
                    None => pairs.push(((one, other), 1)),
                }
            }
        }
        if deadline.has_passed() {
            return None;
        }
    }
    Some(pairs)
}
