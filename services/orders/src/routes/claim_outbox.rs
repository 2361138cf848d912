//! `POST /outbox/claim`: hands out orders to be fulfilled, each to one caller until its lease runs out.

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::database::{Row, Statement, System};
use chassis::extract::Json;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::clock::now_ms;
use crate::error::Error;

/// The most that is handed out at once.
const MAX_LIMIT: i64 = 100;

/// The longest lease.
const MAX_LEASE_MS: i64 = 600_000;

/// Whether there is anything to hand out, asked without taking a lock, for mostly there is nothing.
static PEEK: Statement = Statement::new(
    "SELECT outbox",
    "SELECT order_id FROM outbox WHERE leased_until_ms <= $1 LIMIT 1",
);

static CLAIM_SQLITE: Statement = Statement::new(
    "UPDATE outbox",
    "UPDATE outbox SET leased_until_ms = $1
     WHERE order_id IN (SELECT order_id FROM outbox WHERE leased_until_ms <= $2
                        ORDER BY enqueued_at_us LIMIT $3)
     RETURNING order_id, enqueued_at_us, trace_context, baggage",
);

/// Two who claim at the same time do not wait for each other.
static CLAIM_POSTGRES: Statement = Statement::new(
    "UPDATE outbox",
    "UPDATE outbox SET leased_until_ms = $1
     WHERE order_id IN (SELECT order_id FROM outbox WHERE leased_until_ms <= $2
                        ORDER BY enqueued_at_us LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING order_id, enqueued_at_us, trace_context, baggage",
);

/// How much, and for how long.
#[derive(Debug, Deserialize)]
pub struct Request {
    limit: i64,
    lease_ms: i64,
}

/// What was handed out, the oldest first.
#[derive(Debug, Serialize)]
pub struct Claimed {
    messages: Vec<Message>,
}

/// An order to be fulfilled.
#[derive(Debug, Serialize)]
struct Message {
    order_id: i64,
    enqueued_at_us: i64,
    trace_context: Option<String>,
    baggage: Option<String>,
}

pub async fn claim_outbox(
    Shared(state): Shared<State>,
    Json(request): Json<Request>,
) -> Result<Body<Claimed>, Error> {
    let now = now_ms();
    if state
        .database
        .query(&PEEK)
        .bind(now)
        .fetch_optional()
        .await?
        .is_none()
    {
        return Ok(Body(Claimed { messages: Vec::new() }));
    }
    let claim = match state.database.system() {
        System::Sqlite => &CLAIM_SQLITE,
        System::Postgres => &CLAIM_POSTGRES,
    };
    let lease_until = now + request.lease_ms.clamp(0, MAX_LEASE_MS);
    let query = state
        .database
        .query(claim)
        .bind(lease_until)
        .bind(now)
        .bind(request.limit.clamp(0, MAX_LIMIT));
    let mut messages = query
        .fetch_all()
        .await?
        .iter()
        .map(message)
        .collect::<Result<Vec<_>, Error>>()?;
    messages.sort_unstable_by_key(|message| message.enqueued_at_us);
    Ok(Body(Claimed { messages }))
}

fn message(row: &Row) -> Result<Message, Error> {
    Ok(Message {
        order_id: row.get("order_id")?,
        enqueued_at_us: row.get("enqueued_at_us")?,
        trace_context: row.get("trace_context")?,
        baggage: row.get("baggage")?,
    })
}
