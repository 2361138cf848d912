//! Takes as many messages as there are, works on them side by side, and looks again at once.

use chassis::client::CallError;
use faults::truth::Role;
use tokio::task::JoinSet;

use super::{Backlog, Struck, claim, work_on};
use crate::State;
use crate::routes::Event;

/// How many messages are claimed, and handled side by side.
const BATCH: usize = 8;

pub(super) async fn round(state: &State, backlog: &Backlog) -> Result<bool, CallError> {
    let messages = claim(state, BATCH).await?;
    let found = !messages.is_empty();
    let mut tasks = JoinSet::new();
    for message in messages {
        let state = state.clone();
        let struck = backlog.kept_waiting(&message).map(|fault| Struck {
            fault,
            role: Role::Bystander,
        });
        tasks.spawn(async move { work_on(&state, &message, &Event::of(&message), struck).await });
    }
    while tasks.join_next().await.is_some() {}
    Ok(found)
}
