//! Products, their prices and what is in stock of them.

use super::vocabulary::{DETAILS, MATERIALS, THINGS, pick};
use crate::draws::{Domain, Draws};

/// So much that a run does not sell out: whether a shop oversells is for tests with a stock of their own to ask.
const STOCK: u32 = 1_000_000;

/// Something that the shop sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// From 1; the first are the most popular.
    pub number: u32,
    /// A material and a thing: `Walnut Lamp`.
    pub name: String,
    /// Six to eight lower-case words.
    pub description: String,
    /// The price of one, in cents.
    pub price_cents: u32,
    /// How many there are.
    pub stock: u32,
}

impl Product {
    /// The words by which a search finds it: those of name and description, in lower case, each once, in order.
    #[must_use]
    pub fn terms(&self) -> Vec<String> {
        let text = format!("{} {}", self.name, self.description).to_lowercase();
        let mut terms: Vec<String> = text.split(' ').map(str::to_owned).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

/// Product `number` of the shop.
#[must_use]
pub fn product(seed: u64, number: u32) -> Product {
    let mut draws = Draws::new(seed, Domain::Products, u64::from(number));
    let price_cents = draw_price(&mut draws);
    let name = format!("{} {}", pick(&mut draws, MATERIALS), pick(&mut draws, THINGS));
    let words = 6 + draws.below(3);
    let description = (0..words)
        .map(|_| pick(&mut draws, DETAILS))
        .collect::<Vec<_>>()
        .join(" ");
    Product {
        number,
        name,
        description,
        price_cents,
        stock: STOCK,
    }
}

/// The price of product `number` alone, for the many rows that hold nothing else of it.
#[must_use]
pub fn price_cents(seed: u64, number: u32) -> u32 {
    draw_price(&mut Draws::new(seed, Domain::Products, u64::from(number)))
}

/// From 1.99 to 199.99; the first draw of a product, so that a price costs one.
fn draw_price(draws: &mut Draws) -> u32 {
    199 + 100 * draws.below(199) as u32
}
