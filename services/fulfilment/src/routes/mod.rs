//! The functions, one file each. Each records its effect, once, and calls the next.

mod notify;
mod pack;
mod reserve;

use axum::Router;
use axum::routing::post;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::worker::Message;

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/functions/reserve", post(reserve::reserve))
        .route("/functions/pack", post(pack::pack))
        .route("/functions/notify", post(notify::notify))
        .with_state(state)
}

/// What the functions are called with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Event {
    /// The order to be fulfilled.
    pub order_id: i64,
}

impl Event {
    /// What is said of that message's order.
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            order_id: message.order_id,
        }
    }
}

/// Now, in milliseconds since the epoch.
fn now_ms() -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
