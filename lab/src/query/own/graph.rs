//! `/lab/graph?from=&until=`: who called whom, how often, and how long it took on either side.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::super::parameters::{Parameters, Wrong, time};
use super::super::peers::{self, Calls, Graph, Node};
use super::super::work::Queries;
use super::super::{lost, problem};
use super::quantiles::Quantiles;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/graph", get(graph))
}

#[derive(Serialize)]
struct Answer {
    nodes: Vec<NodeLine>,
    edges: Vec<EdgeLine>,
    /// Calls that are not in `edges`, because there were too many.
    left_out: u64,
    /// What is missing, if an eviction made this incomplete.
    incomplete: Option<String>,
}

#[derive(Serialize)]
struct NodeLine {
    id: String,
    kind: &'static str,
    name: String,
    /// Of services, which are the only ones that send spans.
    spans: Option<u64>,
    errors: Option<u64>,
    /// How long what a service was asked for took.
    duration_ms: Option<Quantiles>,
}

#[derive(Serialize)]
struct EdgeLine {
    from: String,
    to: String,
    calls: u64,
    errors: u64,
    /// How long it took for the caller.
    client_ms: Option<Quantiles>,
    /// How long the called side worked.
    server_ms: Option<Quantiles>,
    /// Call by call the first minus the second: the network, and the wait to be accepted.
    between_ms: Option<Quantiles>,
}

/// From when until when, in nanoseconds since 1970: everything, unless it is said.
pub fn range(parameters: &Parameters) -> Result<std::ops::RangeInclusive<u64>, Wrong> {
    let bound = |name, default| match parameters.get(name) {
        Some(text) => time(name, text),
        None => Ok(default),
    };
    let (from, until) = (bound("from", 0)?, bound("until", u64::MAX)?);
    if from > until {
        return Err(Wrong::new(
            "from",
            parameters.get("from").unwrap_or_default(),
            "is after `until`",
        ));
    }
    Ok(from..=until)
}

async fn graph(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let time = match range(&parameters) {
        Ok(time) => time,
        Err(wrong) => return problem(axum::http::StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let answer = queries
        .ask(move |lab, watch| {
            let from = *time.start();
            let graph = peers::graph(lab, watch, time)?.with_known_peers();
            Ok(lines(graph, lost::notice(lab, from)))
        })
        .await;
    match answer {
        Ok(answer) => lost::with(answer.incomplete.clone(), Json(answer).into_response()),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn lines(graph: Graph, incomplete: Option<String>) -> Answer {
    let services = graph.services.into_iter().map(|(name, mut service)| NodeLine {
        id: name.clone(),
        kind: "service",
        name,
        spans: Some(service.spans),
        errors: Some(service.errors),
        duration_ms: Quantiles::of(&mut service.answered),
    });
    let mut nodes: Vec<NodeLine> = services.collect();
    let mut others: Vec<&Node> = graph
        .edges
        .keys()
        .flat_map(|(from, to)| [from, to])
        .filter(|node| !matches!(node, Node::Service(_)))
        .collect();
    others.sort_unstable();
    others.dedup();
    nodes.extend(others.into_iter().map(|node| NodeLine {
        id: id(node),
        kind: parts(node).0,
        name: parts(node).1.to_owned(),
        spans: None,
        errors: None,
        duration_ms: None,
    }));
    let mut edges: Vec<((Node, Node), Calls)> = graph.edges.into_iter().collect();
    edges.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let edges = edges.into_iter().map(|((from, to), mut calls)| EdgeLine {
        from: id(&from),
        to: id(&to),
        calls: calls.calls,
        errors: calls.errors,
        client_ms: Quantiles::of(&mut calls.client),
        server_ms: Quantiles::of(&mut calls.server),
        between_ms: Quantiles::of(&mut calls.between),
    });
    Answer {
        nodes,
        edges: edges.collect(),
        left_out: graph.left_out,
        incomplete,
    }
}

fn parts(node: &Node) -> (&'static str, &str) {
    match node {
        Node::Service(name) => ("service", name),
        Node::Database(name) => ("database", name),
        Node::Queue(name) => ("queue", name),
        Node::Peer(name) => ("peer", name),
    }
}

/// A service is called by its name, the others by their kind as well, so that no two are called the same.
fn id(node: &Node) -> String {
    match parts(node) {
        ("service", name) => name.to_owned(),
        (kind, name) => format!("{kind}:{name}"),
    }
}
