//! The nearest known word to an unknown one, for `did you mean`.

/// The known word that is most like `word`, if any is like it at all.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Distance costs length times length; a hostile word of megabytes is like nothing anyway.
    if word.chars().count() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (similarity(&word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.55)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// From 0 to 1. Swapped letters are one mistake, not two; a word that is the beginning of the other counts as near.
fn similarity(word: &str, candidate: &str) -> f64 {
    let distance = strsim::normalized_damerau_levenshtein(word, candidate);
    if word.len() >= 3 && (candidate.starts_with(word) || word.starts_with(candidate)) {
        distance.max(0.6)
    } else {
        distance
    }
}

/// The words in back quotes, separated by commas.
#[must_use]
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A `help:` sentence: the nearest word if there is one, otherwise all there are.
#[must_use]
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none to choose from".to_owned(),
        None => format!("known are {}", list(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_nonsense_is_not() {
        let known = ["slow-query", "n-plus-one-sql", "lock-contention"];
        assert_eq!(nearest("slow-qeury", known), Some("slow-query"));
        assert_eq!(nearest("Lock-Contention", known), Some("lock-contention"));
        assert_eq!(nearest("lock", known), Some("lock-contention"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn all_are_listed_when_none_is_near() {
        assert_eq!(suggest("zzz", ["a", "b"]), "known are `a`, `b`");
    }
}
