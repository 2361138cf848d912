//! How a session's token is made: from a secret that nobody knows, in so many rounds that whoever wants to try many tokens needs as
//! long for each, as is done with passwords. It takes a few milliseconds of a processor.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How often the hash is hashed.
const ROUNDS: u32 = 50_000;

/// 32 hexadecimal digits.
pub(super) fn derive(secret: Uuid, email: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(secret.as_bytes());
    hash.update(email.as_bytes());
    let mut hash = hash.finalize();
    for _ in 1..ROUNDS {
        hash = Sha256::digest(hash);
    }
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_follows_from_all_that_it_is_made_of_and_from_nothing_else() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = derive(one, "a@example.com");
        assert_eq!(token.len(), 32);
        assert_eq!(token, derive(one, "a@example.com"));
        assert_ne!(token, derive(other, "a@example.com"));
        assert_ne!(token, derive(one, "b@example.com"));
    }
}
