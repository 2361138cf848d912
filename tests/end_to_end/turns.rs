//! Whose turn it is to run a whole system: a few at a time, so that none is starved, or one alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

static RUNS: Runs = Runs {
    state: Mutex::new(State {
        going: 0,
        want_alone: 0,
        is_alone: false,
    }),
    changed: Condvar::new(),
};

struct Runs {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    going: usize,
    /// Who waits to be alone: nobody else begins meanwhile, or it would wait for ever.
    want_alone: usize,
    is_alone: bool,
}

/// A turn, until it is dropped.
pub struct Turn(());

impl Turn {
    /// Together with a few others. A run mostly waits, for its load's next arrival: there may be one more than processors.
    pub fn beside_others() -> Self {
        let most = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let mut state = RUNS.state();
        while state.is_alone || state.want_alone > 0 || state.going >= most {
            state = RUNS.wait(state);
        }
        state.going += 1;
        Self(())
    }

    /// While nobody else has one.
    pub fn alone() -> Self {
        let mut state = RUNS.state();
        state.want_alone += 1;
        while state.going > 0 {
            state = RUNS.wait(state);
        }
        state.want_alone -= 1;
        state.is_alone = true;
        state.going = 1;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = RUNS.state();
        state.going -= 1;
        state.is_alone = false;
        RUNS.changed.notify_all();
    }
}

impl Runs {
    // A test that failed with a turn leaves nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}
