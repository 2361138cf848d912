//! Whom a fault has struck that breaks a request off: a request that is tried again is not struck again, as the break was of the
//! moment, and a message that comes again and again would be broken off for ever.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many are remembered; who was struck so long ago is not tried again.
const REMEMBERED: usize = 16 * 1_024;

/// Those that were struck on one edge.
#[derive(Debug, Default)]
pub(crate) struct Once(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    all: HashSet<Request>,
    in_order: VecDeque<Request>,
}

/// By what a request is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Request {
    Planned(u64),
    Traced([u8; 16]),
}

impl Once {
    /// Whether this is the first time.
    pub(super) fn is_first(&self, request: Request) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.all.insert(request) {
            return false;
        }
        known.in_order.push_back(request);
        if known.in_order.len() > REMEMBERED
            && let Some(oldest) = known.in_order.pop_front()
        {
            known.all.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_new_once_and_again_when_it_is_long_forgotten() {
        let once = Once::default();
        assert!(once.is_first(Request::Planned(1)) && once.is_first(Request::Traced([1; 16])));
        assert!(!once.is_first(Request::Planned(1)));
        for sequence in 2..=REMEMBERED as u64 {
            assert!(once.is_first(Request::Planned(sequence)));
        }
        assert!(once.is_first(Request::Planned(1)));
    }
}
