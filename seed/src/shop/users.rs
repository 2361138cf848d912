//! Users and the sessions they start with.

use super::vocabulary::{FAMILY_NAMES, FIRST_NAMES, pick};
use crate::draws::{Domain, Draws};

/// A customer, who may also be the author of reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// From 1.
    pub number: u32,
    /// Unique, for the number is part of it; in a domain that is reserved for examples.
    pub email: String,
    /// First and family name.
    pub name: String,
}

/// User `number` of the shop.
#[must_use]
pub fn user(seed: u64, number: u32) -> User {
    let mut draws = Draws::new(seed, Domain::Users, u64::from(number));
    let first = pick(&mut draws, FIRST_NAMES);
    let family = pick(&mut draws, FAMILY_NAMES);
    User {
        number,
        email: format!(
            "{}.{}.{number}@example.com",
            first.to_lowercase(),
            family.to_lowercase()
        ),
        name: format!("{first} {family}"),
    }
}

/// The bearer token of the session that user `number` starts with: 32 hexadecimal digits.
#[must_use]
pub fn token(seed: u64, number: u32) -> String {
    let mut draws = Draws::new(seed, Domain::Tokens, u64::from(number));
    format!("{:016x}{:016x}", draws.next_u64(), draws.next_u64())
}
