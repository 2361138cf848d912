//! In which order what was found is shown: first what has most in common with the rest, since whoever searches for `wool` mostly
//! means what the others mean by it.

mod healthy;
mod quadratic_algorithm;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use chassis::request::Faults;
use chassis::span;
use chassis::strike::Strike;
use chassis::threads;
use faults::catalogue::QUADRATIC_ALGORITHM;

use super::{Candidate, MAX_FOUND, OPERATION};
use crate::State;
use crate::error::Error;

/// The best of the candidates, the best first. It takes processor time, and is done on a thread for that.
pub(super) async fn best(
    state: &State,
    faults: &Faults,
    candidates: Vec<Candidate>,
) -> Result<Vec<Candidate>, Error> {
    let is_struck = faults.find(QUADRATIC_ALGORITHM.name, OPERATION).is_some();
    let strike = is_struck.then(|| Strike::timed(QUADRATIC_ALGORITHM.name, OPERATION));
    let found = i64::try_from(candidates.len()).unwrap_or(i64::MAX);
    let span = span::internal("rank")
        .attribute("search.candidates", found)
        .start();
    let ranked = threads::run(&state.stalls, move || {
        let (_strike, _attached) = (strike, span.context().clone().attach());
        let commons = if is_struck {
            quadratic_algorithm::in_common(&candidates)
        } else {
            healthy::in_common(&candidates)
        };
        let best = most(candidates, &commons);
        span.end();
        best
    });
    Ok(ranked.await?)
}

/// Those that have the most in common with the others, the lower number first where that is the same.
fn most(candidates: Vec<Candidate>, commons: &[usize]) -> Vec<Candidate> {
    let mut ranked: Vec<(usize, Candidate)> = commons.iter().copied().zip(candidates).collect();
    ranked.sort_unstable_by_key(|(common, candidate)| (Reverse(*common), candidate.product.id));
    ranked.truncate(MAX_FOUND);
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}
