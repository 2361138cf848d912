//! Takes orders off the outbox and fulfils them, each in a trace of its own that links to the checkout's.
//!
//! A message is claimed under a lease and reported done at the end. Who dies in between loses nothing: the lease runs out and the
//! message comes again, and the functions do what was done already only once.

mod healthy;
mod poison_message;
mod queue_backlog;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chassis::client::CallError;
use chassis::request::Scope;
use chassis::shutdown::Shutdown;
use chassis::telemetry::propagation::parse_traceparent;
use chassis::windows::Windows;
use chassis::{referee, span};
use faults::catalogue::{POISON_MESSAGE, QUEUE_BACKLOG};
use faults::truth::Role;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::routes::Event;

/// Where the faults of the queue strike.
const SERVICE: &str = "fulfilment";

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
    pub(crate) order_id: i64,
    enqueued_at_us: u64,
    trace_context: Option<String>,
    baggage: Option<String>,
}

/// Works until the service must go.
pub async fn run(state: State, windows: Windows, shutdown: Shutdown) {
    let mut pause = PAUSE.0;
    let mut failing = false;
    let mut backlog = Backlog::default();
    while !shutdown.is_requested() {
        match round(&state, &windows, &shutdown, &mut backlog).await {
            Ok(true) => {
                (pause, failing) = (PAUSE.0, false);
                continue;
            }
            Ok(false) => failing = false,
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

/// One round: looks, and does what there is to do. Says whether there was anything.
async fn round(
    state: &State,
    windows: &Windows,
    shutdown: &Shutdown,
    backlog: &mut Backlog,
) -> Result<bool, CallError> {
    if let Some(fault) = windows.active(QUEUE_BACKLOG.name, SERVICE) {
        backlog.grows(QUEUE_BACKLOG.name);
        return queue_backlog::round(state, &fault, shutdown, backlog).await;
    }
    if let Some(fault) = windows.active(POISON_MESSAGE.name, SERVICE) {
        backlog.grows(POISON_MESSAGE.name);
        return poison_message::round(state, &fault, windows, shutdown, backlog).await;
    }
    healthy::round(state, backlog).await
}

/// Which messages had to wait because of a fault: those that were there while it was set, also if they are taken later.
#[derive(Debug, Clone, Copy, Default)]
struct Backlog {
    fault: Option<(&'static str, SystemTime)>,
}

impl Backlog {
    fn grows(&mut self, fault: &'static str) {
        self.fault = Some((fault, SystemTime::now()));
    }

    /// Which fault that message had to wait for, if it had to.
    fn kept_waiting(&self, message: &Message) -> Option<&'static str> {
        self.fault
            .filter(|(_, until)| message.enqueued() <= *until)
            .map(|(fault, _)| fault)
    }
}

/// Claims up to that many messages. Looking leaves no trace, for mostly there is nothing.
///
/// # Errors
///
/// When the orders service does not answer.
pub async fn claim(state: &State, limit: usize) -> Result<Vec<Message>, CallError> {
    let request = Claim {
        limit,
        lease_ms: LEASE.as_millis() as u64,
    };
    let call = state
        .warm
        .client
        .post("orders", "/outbox/claim", "/outbox/claim")
        .json(&request)
        .untraced();
    Ok(call.send().await?.json::<Claimed>()?.messages)
}

impl Message {
    fn enqueued(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.enqueued_at_us)
    }

    /// How long it has been waiting, in milliseconds.
    fn age_ms(&self) -> f64 {
        let age = SystemTime::now().duration_since(self.enqueued());
        age.unwrap_or_default().as_secs_f64() * 1e3
    }
}

/// Fulfils one order. When that fails, the message comes again once its lease has run out.
pub async fn fulfil(state: State, message: Message) {
    // What went wrong is logged where it is known.
    let _ = work_on(&state, &message, &Event::of(&message), None).await;
}

/// Who a message is in a fault of the queue.
#[derive(Debug, Clone, Copy)]
struct Struck {
    fault: &'static str,
    role: Role,
}

/// Works on one message: calls the functions with that event.
async fn work_on(
    state: &State,
    message: &Message,
    event: &impl Serialize,
    struck: Option<Struck>,
) -> Result<(), CallError> {
    let enqueued = message.enqueued();
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
        let functions = async {
            if let Some(struck) = struck {
                let span = span::current_span_context().map(|span| span.span_id());
                referee::applied(
                    struck.fault,
                    SERVICE,
                    struck.role,
                    message.age_ms(),
                    span.as_slice(),
                );
            }
            run_functions(state, message.order_id, event).await
        };
        scope.run(functions).await
    };
    let result = builder.run(work).await;
    if let Err(error) = &result {
        tracing::warn!(%error, order = message.order_id, "an order was not fulfilled, which is tried again");
    }
    result
}

async fn run_functions(state: &State, order_id: i64, event: &impl Serialize) -> Result<(), CallError> {
    state
        .warm
        .client
        .post("fulfilment", "/functions/reserve", "/functions/reserve")
        .json(event)
        .send()
        .await?;
    let done = format!("/outbox/{order_id}/done");
    state
        .warm
        .client
        .post("orders", "/outbox/{id}/done", done)
        .send()
        .await?;
    Ok(())
}
