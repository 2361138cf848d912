//! Takes one message whenever its timer fires, however many are waiting.

use std::time::Instant;

use chassis::client::CallError;
use chassis::shutdown::Shutdown;
use faults::baggage::ActiveFault;
use faults::truth::Role;

use super::{Backlog, Struck, claim, work_on};
use crate::State;
use crate::routes::Event;

pub(super) async fn round(
    state: &State,
    fault: &ActiveFault,
    shutdown: &Shutdown,
    backlog: &Backlog,
) -> Result<bool, CallError> {
    let next = Instant::now() + fault.duration("poll");
    let mut found = false;
    for message in claim(state, 1).await? {
        let struck = backlog.kept_waiting(&message).map(|fault| Struck {
            fault,
            role: Role::Culprit,
        });
        // A message that fails comes again.
        let _ = work_on(state, &message, &Event::of(&message), struck).await;
        found = true;
    }
    let _ = shutdown.unless(tokio::time::sleep_until(next.into())).await;
    Ok(found)
}
