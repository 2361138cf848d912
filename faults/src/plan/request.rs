//! A planned request, as it will be sent.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use scenarios::model::CustomRequest;
use seed::draws::{Domain, Draws};

use super::Inner;
use super::journeys::Journey;
use super::picks::Pick;
use super::stream::Mix;
use crate::baggage::{self, ActiveFault, RequestFaults};

/// Spreads attempts and rounds over the seeds: 2⁶⁴ divided by the golden ratio.
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of that attempt or round; the one numbered 0 leaves it as it is.
pub(super) fn stride(seed: u64, number: u64) -> u64 {
    seed.wrapping_add(number.wrapping_mul(STRIDE))
}

/// A request of the plan, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRequest {
    /// Its number: unique in the run, and in start order in the open model.
    pub sequence: u64,
    /// When it is due, from the start of the run; in the closed model, when it starts.
    pub at: Duration,
    /// The journey, or the name of one of the scenario's own requests.
    pub journey: Arc<str>,
    /// The user of the shop whose request it is, from 1; 0 for one of the scenario's own requests.
    pub user: u32,
    /// The trace it begins.
    pub trace_id: [u8; 16],
    /// The id of the span that the generator writes for it, the root of the trace.
    pub root_span_id: [u8; 8],
    /// What is sent, with `traceparent` and `baggage`.
    pub request: Request,
    /// The faults that ride with it.
    pub faults: Vec<ActiveFault>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: Cow<'static, str>,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// Names and values in the order in which they are sent.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// What is sent after them.
    pub body: Option<Body>,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A JSON document, of ours.
    Json(String),
    /// Whatever the scenario's author wrote.
    Text(String),
}

impl Body {
    /// The bytes as they are sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Json(text) | Self::Text(text) => text.as_bytes(),
        }
    }
}

impl Request {
    pub(super) fn custom(request: &CustomRequest) -> Self {
        Self {
            method: Cow::Owned(request.method.clone()),
            path: request.path.clone(),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (Cow::Owned(name.clone()), value.clone()))
                .collect(),
            body: request.body.clone().map(Body::Text),
        }
    }
}

/// All of a request that follows from its sequence number; its start time decides which faults of a window ride along.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) sequence: u64,
    pub(super) journey: Arc<Journey>,
    pub(super) user: u32,
    pub(super) trace_id: [u8; 16],
    pub(super) root_span_id: [u8; 8],
    pub(super) request: Request,
    pub(super) picks: Vec<Pick>,
}

impl Draft {
    /// `user` is the user of the shop; one is drawn when it is not given and the journey is the shop's.
    pub(super) fn new(plan: &Inner, sequence: u64, mix: &Mix, user: Option<u32>) -> Self {
        let mut draws = Draws::new(plan.arguments, Domain::Arguments, sequence);
        let journey = Arc::clone(mix.draw(&mut draws));
        let user = match user {
            Some(user) => user,
            None if journey.is_custom() => 0,
            None if journey.is_of_one_user() => 1,
            None => 1 + draws.below(u64::from(plan.scale.users.max(1))) as u32,
        };
        let drawn = journey.draw(plan.seed, plan.scale, user, &mut draws);
        let (trace_id, root_span_id) = ids(plan.seed, plan.attempt, sequence);
        let picks = super::picks::pick(plan, sequence, &journey, &drawn, user);
        Self {
            sequence,
            journey,
            user,
            trace_id,
            root_span_id,
            request: drawn.request,
            picks,
        }
    }

    /// The request that starts at that time.
    pub(super) fn at(self, at: Duration) -> PlannedRequest {
        let faults = self.riding(|pick| pick.window.contains(&at));
        self.with(at, faults)
    }

    /// The request with every fault that could ride with it, whenever it starts.
    pub(super) fn with_all_picks(self) -> PlannedRequest {
        let faults = self.riding(|_| true);
        self.with(Duration::ZERO, faults)
    }

    /// The faults that ride along; where two rules pick the same fault at the same place, the first one's parameters count, and
    /// of two faults that cannot strike the same request the first one rides.
    fn riding(&self, rides: impl Fn(&Pick) -> bool) -> Vec<ActiveFault> {
        let mut riding = RequestFaults::default();
        for pick in self.picks.iter().filter(|pick| rides(pick)) {
            let fault = &pick.fault;
            if riding.find(fault.fault, &fault.at).is_none() && riding.clash(fault).is_none() {
                riding.active.push(ActiveFault::clone(fault));
            }
        }
        riding.active
    }

    fn with(self, at: Duration, faults: Vec<ActiveFault>) -> PlannedRequest {
        let mut request = self.request;
        let parent = traceparent(&self.trace_id, &self.root_span_id);
        request.headers.push((Cow::Borrowed("traceparent"), parent));
        let riding = RequestFaults {
            sequence: Some(self.sequence),
            active: faults,
        };
        request
            .headers
            .push((Cow::Borrowed("baggage"), baggage::encode(&riding)));
        PlannedRequest {
            sequence: self.sequence,
            at,
            journey: Arc::clone(&self.journey.name),
            user: self.user,
            trace_id: self.trace_id,
            root_span_id: self.root_span_id,
            request,
            faults: riding.active,
        }
    }
}

fn ids(seed: u64, attempt: u64, sequence: u64) -> ([u8; 16], [u8; 8]) {
    let mut draws = Draws::new(stride(seed, attempt), Domain::Ids, sequence);
    let mut trace_id = [0; 16];
    trace_id[..8].copy_from_slice(&draws.next_u64().to_be_bytes());
    trace_id[8..].copy_from_slice(&draws.next_u64().to_be_bytes());
    // An id of zeros only is invalid by the W3C's Trace Context.
    (trace_id, draws.next_u64().max(1).to_be_bytes())
}

fn traceparent(trace_id: &[u8; 16], span_id: &[u8; 8]) -> String {
    let mut text = String::with_capacity(55);
    text.push_str("00-");
    push_hex(&mut text, trace_id);
    text.push('-');
    push_hex(&mut text, span_id);
    text.push_str("-01");
    text
}

/// The bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}
