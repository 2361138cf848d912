//! What users say of products.

use super::Scale;
use super::vocabulary::{OPINIONS, pick};
use crate::draws::{Domain, Draws};

/// The most reviews that one product has; also what keeps their numbers apart.
const MOST: u32 = 16;

/// A user's opinion of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Unique among all reviews, from 1.
    pub number: u32,
    /// The product it is about.
    pub product: u32,
    /// The user who wrote it.
    pub author: u32,
    /// From 1 to 5.
    pub rating: u32,
    /// A sentence or two.
    pub text: String,
}

/// The reviews of product `product`: 8 to 16 for the popular quarter of the catalogue, where most visits go, and up to 10 for the
/// others.
#[must_use]
pub fn reviews(seed: u64, product: u32, scale: Scale) -> Vec<Review> {
    let mut draws = Draws::new(seed, Domain::Reviews, u64::from(product));
    let popular = product <= scale.products.div_ceil(4);
    let count = if popular {
        8 + draws.below(9) as u32
    } else {
        draws.below(11) as u32
    };
    (0..count)
        .map(|index| Review {
            number: (product - 1) * MOST + index + 1,
            product,
            author: 1 + draws.below(u64::from(scale.users.max(1))) as u32,
            rating: 5 - draws.popular(5) as u32,
            text: format!("{} {}", pick(&mut draws, OPINIONS), pick(&mut draws, OPINIONS)),
        })
        .collect()
}
