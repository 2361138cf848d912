//! There is always one that is warm.

use super::Running;
use crate::State;

pub(super) fn instance(state: &State) -> Running {
    Running {
        instance: state.warm.clone(),
        own: None,
    }
}
