//! Who called whom: calls between services, and to databases, queues and others that send no spans of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use trace::Kind;

use super::find::overlaps;
use super::work::{Stopped, Watch, newest_first};
use crate::ingest::Lab;
use crate::store::fields_of_span::Basics;
use crate::store::{StoredSpan, TraceSpans};

/// A node of the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// Sends spans; by its `service.name`.
    Service(String),
    /// A database, by its system and the name or address of it.
    Database(String),
    /// A queue or topic that messages are sent to.
    Queue(String),
    /// Somebody who is called and sends no spans, by address.
    Peer(String),
}

/// The most edges that are told apart.
const MOST_EDGES: usize = 5_000;

/// The calls from one node to another.
#[derive(Debug, Default)]
pub struct Calls {
    pub calls: u64,
    pub errors: u64,
    /// How long they took for the caller, in nanoseconds.
    pub client: Vec<u64>,
    /// How long the called side worked.
    pub server: Vec<u64>,
    /// The difference, where both are known: the network, and waiting to be accepted.
    pub between: Vec<u64>,
}

/// What a service did.
#[derive(Debug, Default)]
pub struct Service {
    pub spans: u64,
    /// How many of them are errors.
    pub errors: u64,
    /// How long what it was asked for took, in nanoseconds.
    pub answered: Vec<u64>,
}

/// The nodes with their spans, and the edges.
#[derive(Debug, Default)]
pub struct Graph {
    pub services: BTreeMap<String, Service>,
    pub edges: HashMap<(Node, Node), Calls>,
    /// How many calls were left out because there are too many edges.
    pub left_out: u64,
    /// Who answers where a call goes to, as far as calls have been seen that were answered.
    known: HashMap<Node, String>,
}

/// Of how many calls of an edge it is remembered where they went to.
const REMEMBERED: u64 = 16;

/// The graph of all calls in traces that overlap a time.
pub fn graph(lab: &Lab, watch: &Watch, time: RangeInclusive<u64>) -> Result<Graph, Stopped> {
    let mut graph = Graph::default();
    newest_first(lab, watch, |trace| {
        if overlaps(trace, &time) {
            graph.add(trace, &time);
        }
        Ok(())
    })?;
    Ok(graph)
}

impl Graph {
    fn add(&mut self, trace: &TraceSpans, time: &RangeInclusive<u64>) {
        let spans: Vec<(StoredSpan<'_>, Basics<'_>)> =
            trace.iter().map(|span| (span, span.basics())).collect();
        let mut answered = HashSet::new();
        for (span, basics) in &spans {
            if !time.contains(&basics.start_unix_ns) {
                continue;
            }
            self.count(span, basics);
            let parent = span
                .parent
                .is_valid()
                .then(|| trace.position(span.parent))
                .flatten()
                .and_then(|position| Some((position, spans.get(position)?)));
            let Some((position, (above, above_basics))) = parent else {
                if Kind(basics.kind) == Kind::CONSUMER {
                    self.consumed(span, basics);
                }
                continue;
            };
            if is_call(above, above_basics, span, basics) {
                answered.insert(position);
                self.call(above, above_basics, span, basics);
            } else if Kind(basics.kind) == Kind::CONSUMER {
                self.consumed(span, basics);
            }
        }
        for (position, (span, basics)) in spans.iter().enumerate() {
            let calls = matches!(Kind(basics.kind), Kind::CLIENT | Kind::PRODUCER);
            if calls
                && !answered.contains(&position)
                && time.contains(&basics.start_unix_ns)
                && let Some(peer) = peer(span)
            {
                let service = Node::Service(span.origin.service().to_owned());
                if let Some(edge) = self.edge(service, peer) {
                    edge.calls += 1;
                    edge.errors += u64::from(basics.is_error());
                    edge.client.push(basics.duration_ns());
                }
            }
        }
    }

    fn count(&mut self, span: &StoredSpan<'_>, basics: &Basics<'_>) {
        let name = span.origin.service();
        if !self.services.contains_key(name) {
            if self.services.len() >= MOST_EDGES {
                return;
            }
            self.services.insert(name.to_owned(), Service::default());
        }
        if let Some(service) = self.services.get_mut(name) {
            service.spans += 1;
            service.errors += u64::from(basics.is_error());
            if matches!(Kind(basics.kind), Kind::SERVER | Kind::CONSUMER) {
                service.answered.push(basics.duration_ns());
            }
        }
    }

    /// A call with spans of both sides.
    fn call(
        &mut self,
        client: &StoredSpan<'_>,
        client_basics: &Basics<'_>,
        server: &StoredSpan<'_>,
        server_basics: &Basics<'_>,
    ) {
        let from = Node::Service(client.origin.service().to_owned());
        let to = Node::Service(server.origin.service().to_owned());
        let messaging = Kind(server_basics.kind) == Kind::CONSUMER;
        let Some(edge) = self.edge(from, to) else { return };
        edge.calls += 1;
        let is_new = edge.calls <= REMEMBERED;
        edge.errors += u64::from(client_basics.is_error() || server_basics.is_error());
        edge.server.push(server_basics.duration_ns());
        if Kind(client_basics.kind) == Kind::CLIENT && !messaging {
            edge.client.push(client_basics.duration_ns());
            let between = client_basics
                .duration_ns()
                .saturating_sub(server_basics.duration_ns());
            edge.between.push(between);
        }
        if is_new && let Some(peer) = peer(client) {
            let service = server.origin.service();
            self.known.entry(peer).or_insert_with(|| service.to_owned());
        }
    }

    /// Gives calls whose other side has not come, or not yet, to the service that answers elsewhere at that address or has that name. It
    /// does send spans, and a map on which it stands a second time as somebody who sends none would say otherwise.
    #[must_use]
    pub fn with_known_peers(mut self) -> Self {
        let unanswered: Vec<(Node, Node)> = self
            .edges
            .keys()
            .filter(|(_, to)| matches!(to, Node::Peer(_)))
            .cloned()
            .collect();
        for key in unanswered {
            let service = match &key.1 {
                Node::Peer(name) if self.services.contains_key(name) => Some(name.clone()),
                peer => self.known.get(peer).cloned(),
            };
            if let Some(service) = service
                && let Some(mut calls) = self.edges.remove(&key)
            {
                let edge = self.edges.entry((key.0, Node::Service(service))).or_default();
                edge.calls += calls.calls;
                edge.errors += calls.errors;
                edge.client.append(&mut calls.client);
            }
        }
        self
    }

    /// A message that was taken off a queue, its sender being elsewhere.
    fn consumed(&mut self, span: &StoredSpan<'_>, basics: &Basics<'_>) {
        let Some(queue) = queue(span) else { return };
        let service = Node::Service(span.origin.service().to_owned());
        if let Some(edge) = self.edge(queue, service) {
            edge.calls += 1;
            edge.errors += u64::from(basics.is_error());
            edge.server.push(basics.duration_ns());
        }
    }

    fn edge(&mut self, from: Node, to: Node) -> Option<&mut Calls> {
        let key = (from, to);
        if self.edges.len() >= MOST_EDGES && !self.edges.contains_key(&key) {
            self.left_out += 1;
            return None;
        }
        Some(self.edges.entry(key).or_default())
    }
}

/// Whether a span is the other side of its parent: of another service, or the server to a client.
fn is_call(
    above: &StoredSpan<'_>,
    above_basics: &Basics<'_>,
    span: &StoredSpan<'_>,
    basics: &Basics<'_>,
) -> bool {
    let sides = matches!(
        (Kind(above_basics.kind), Kind(basics.kind)),
        (Kind::CLIENT, Kind::SERVER) | (Kind::PRODUCER, Kind::CONSUMER)
    );
    sides || above.origin.service() != span.origin.service()
}

/// The one whom a client called that no span answers for, by the semantic conventions, new and old.
fn peer(span: &StoredSpan<'_>) -> Option<Node> {
    let text = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| span.attribute(key)?.as_text())
            .filter(|text| !text.is_empty())
    };
    if let Some(system) = text(&["db.system.name", "db.system"]) {
        let name = text(&["db.namespace", "db.name", "server.address", "net.peer.name"]);
        return Some(Node::Database(match name {
            Some(name) => format!("{system}/{name}"),
            None => system.to_owned(),
        }));
    }
    if let Some(queue) = queue(span) {
        return Some(queue);
    }
    if let Some(service) = text(&["peer.service", "service.peer.name"]) {
        return Some(Node::Peer(service.to_owned()));
    }
    let address = text(&[
        "server.address",
        "net.peer.name",
        "network.peer.address",
        "net.peer.ip",
    ])?;
    let port = ["server.port", "net.peer.port", "network.peer.port"]
        .iter()
        .find_map(|key| span.attribute(key));
    Some(Node::Peer(match port {
        Some(port) => format!("{address}:{}", port.to_text()),
        None => address.to_owned(),
    }))
}

fn queue(span: &StoredSpan<'_>) -> Option<Node> {
    let name = span
        .attribute("messaging.destination.name")
        .or_else(|| span.attribute("messaging.destination"))
        .or_else(|| span.attribute("messaging.system"))?;
    name.as_text().map(|name| Node::Queue(name.to_owned()))
}

/// The calls between services alone, which is what Jaeger tells: caller, called, calls.
pub fn dependencies(graph: &Graph) -> Vec<(&str, &str, u64)> {
    let between_services = graph
        .edges
        .iter()
        .filter_map(|((from, to), calls)| match (from, to) {
            (Node::Service(from), Node::Service(to)) => Some((from.as_str(), to.as_str(), calls.calls)),
            _ => None,
        });
    let mut sorted: Vec<_> = between_services.collect();
    sorted.sort_unstable();
    sorted
}
