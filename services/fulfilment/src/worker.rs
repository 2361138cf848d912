//! Takes orders off the outbox and fulfils them, each in a trace of its own that links to the checkout's.
//!
//! A message is claimed under a lease and reported done at the end. Who dies in between loses nothing: the lease runs out and the
//! message comes again, and the functions do what was done already only once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chassis::client::CallError;
use chassis::request::Scope;
use chassis::shutdown::Shutdown;
use chassis::span;
use chassis::telemetry::propagation::parse_traceparent;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::State;
use crate::routes::Event;

/// How many messages are claimed, and handled side by side.
const BATCH: usize = 8;

/// How long a message is ours; nobody takes longer.
const LEASE: Duration = Duration::from_secs(10);

/// The pause after a look that found nothing: it doubles from look to look, between these two.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(200));

#[derive(Debug, Serialize)]
struct Claim {
    limit: usize,
    lease_ms: u64,
}

#[derive(Debug, Deserialize)]
struct Claimed {
    messages: Vec<Message>,
}

/// An order to be fulfilled, as the orders service hands it out.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    order_id: i64,
    enqueued_at_us: u64,
    trace_context: Option<String>,
    baggage: Option<String>,
}

/// Works until the service must go.
pub async fn run(state: State, shutdown: Shutdown) {
    let mut pause = PAUSE.0;
    let mut failing = false;
    while !shutdown.is_requested() {
        match claim(&state).await {
            Ok(messages) if !messages.is_empty() => {
                (pause, failing) = (PAUSE.0, false);
                fulfil_all(&state, messages).await;
                continue;
            }
            Ok(_) => failing = false,
            Err(error) => {
                // Once for each time it begins to fail, not once a look.
                if !failing {
                    tracing::warn!(%error, "the outbox cannot be read, which is tried again");
                }
                (pause, failing) = (PAUSE.1, true);
            }
        }
        if shutdown.unless(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Claims what there is. Looking leaves no trace, for mostly there is nothing.
///
/// # Errors
///
/// When the orders service does not answer.
pub async fn claim(state: &State) -> Result<Vec<Message>, CallError> {
    let request = Claim {
        limit: BATCH,
        lease_ms: LEASE.as_millis() as u64,
    };
    let call = state
        .client
        .post("orders", "/outbox/claim", "/outbox/claim")
        .json(&request)
        .untraced();
    Ok(call.send().await?.json::<Claimed>()?.messages)
}

async fn fulfil_all(state: &State, messages: Vec<Message>) {
    let mut tasks = JoinSet::new();
    for message in messages {
        tasks.spawn(fulfil(state.clone(), message));
    }
    while tasks.join_next().await.is_some() {}
}

/// Fulfils one order. When that fails, the message comes again once its lease has run out.
pub async fn fulfil(state: State, message: Message) {
    let enqueued = UNIX_EPOCH + Duration::from_micros(message.enqueued_at_us);
    let mut builder = span::consumer("process outbox")
        .as_root()
        .started_at(enqueued.min(SystemTime::now()))
        .attribute("messaging.system", "outbox")
        .attribute("messaging.operation.name", "process")
        .attribute("messaging.operation.type", "process")
        .attribute("messaging.destination.name", "outbox")
        .attribute("messaging.message.id", message.order_id.to_string());
    if let Some(checkout) = message.trace_context.as_deref().and_then(parse_traceparent) {
        builder = builder.with_link(checkout);
    }
    // A baggage that is refused now was accepted by the orders service: it is of another version, and means nothing here.
    let scope = Scope::from_baggage(message.baggage.as_deref()).unwrap_or_else(|_| Scope::empty());
    let scope = scope.with_deadline(Instant::now() + LEASE);
    let work = async {
        span::internal("outbox wait")
            .started_at(enqueued.min(SystemTime::now()))
            .start()
            .end();
        scope.run(run_functions(&state, message.order_id)).await
    };
    if let Err(error) = builder.run(work).await {
        tracing::warn!(%error, order = message.order_id, "an order was not fulfilled, which is tried again");
    }
}

async fn run_functions(state: &State, order_id: i64) -> Result<(), CallError> {
    let event = Event { order_id };
    state
        .client
        .post("fulfilment", "/functions/reserve", "/functions/reserve")
        .json(&event)
        .send()
        .await?;
    let done = format!("/outbox/{order_id}/done");
    state
        .client
        .post("orders", "/outbox/{id}/done", done)
        .send()
        .await?;
    Ok(())
}
