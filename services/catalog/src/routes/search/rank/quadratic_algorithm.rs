//! Compares each product with each other one, word by word.

use super::Candidate;

/// How many words each product has in common with each other one, all others taken together.
pub(super) fn in_common(candidates: &[Candidate]) -> Vec<usize> {
    let mut commons = Vec::with_capacity(candidates.len());
    for (index, one) in candidates.iter().enumerate() {
        let mut common = 0;
        for (other_index, other) in candidates.iter().enumerate() {
            if other_index != index {
                let has = |word: &&String| other.words.contains(word);
                common += one.words.iter().filter(has).count();
            }
        }
        commons.push(common);
    }
    commons
}
