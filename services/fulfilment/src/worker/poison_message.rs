//! Takes messages strictly in order, and tries one that fails again and again before it takes the next. The first that comes is
//! written in a form that the functions cannot read.

use chassis::client::CallError;
use chassis::shutdown::Shutdown;
use chassis::windows::Windows;
use faults::baggage::ActiveFault;
use faults::catalogue::POISON_MESSAGE;
use faults::truth::Role;
use serde::Serialize;

use super::{Backlog, SERVICE, Struck, claim, work_on};
use crate::State;
use crate::routes::Event;

/// An event as an older version wrote it: `reserve` refuses it.
#[derive(Debug, Serialize)]
struct OlderEvent {
    order: String,
}

pub(super) async fn round(
    state: &State,
    fault: &ActiveFault,
    windows: &Windows,
    shutdown: &Shutdown,
    backlog: &mut Backlog,
) -> Result<bool, CallError> {
    let Some(message) = claim(state, 1).await?.pop() else {
        return Ok(false);
    };
    let poison = OlderEvent {
        order: message.order_id.to_string(),
    };
    while windows.active(POISON_MESSAGE.name, SERVICE).is_some() && !shutdown.is_requested() {
        backlog.grows(POISON_MESSAGE.name);
        if work_on(state, &message, &poison, None).await.is_ok() {
            return Ok(true);
        }
        let _ = shutdown.unless(tokio::time::sleep(fault.duration("retry"))).await;
    }
    // Somebody has mended what was written: now it can be read.
    let blocked = Struck {
        fault: POISON_MESSAGE.name,
        role: Role::Culprit,
    };
    let _ = work_on(state, &message, &Event::of(&message), Some(blocked)).await;
    Ok(true)
}
