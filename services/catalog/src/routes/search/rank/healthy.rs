//! Counts each word once, and then looks up how many have it: each product is gone through twice, however many there are.

use std::collections::HashMap;

use super::Candidate;

/// How many words each product has in common with each other one, all others taken together.
pub(super) fn in_common(candidates: &[Candidate]) -> Vec<usize> {
    let mut having: HashMap<&str, usize> = HashMap::new();
    for candidate in candidates {
        for word in &candidate.words {
            *having.entry(word).or_default() += 1;
        }
    }
    let others = |word: &String| having.get(word.as_str()).map_or(0, |count| count - 1);
    let in_common = |candidate: &Candidate| candidate.words.iter().map(others).sum();
    candidates.iter().map(in_common).collect()
}
