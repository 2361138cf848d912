//! `/lab/metrics?service=&metric=&from=&until=`: what services measured themselves, as they sent it over OTLP, in lines over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::super::parameters::Parameters;
use super::super::problem;
use super::super::work::Queries;
use super::graph::range;
use crate::ingest::{Key, Line, Meaning};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/metrics", get(metrics))
}

#[derive(Serialize)]
struct Answer {
    metrics: Vec<Metric>,
    /// How many points of any service had no place among what is kept.
    left_out: u64,
}

/// The lines of one name.
#[derive(Serialize)]
struct Metric {
    name: String,
    unit: String,
    description: String,
    values: Meaning,
    lines: Vec<One>,
}

#[derive(Serialize)]
struct One {
    service: String,
    instance: String,
    attributes: BTreeMap<String, String>,
    /// When, in nanoseconds since 1970, and how much.
    points: Vec<(u64, f64)>,
}

async fn metrics(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let time = match range(&parameters) {
        Ok(time) => time,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let service = parameters.get("service").map(str::to_owned);
    let names: Vec<String> = parameters.all("metric").map(str::to_owned).collect();
    let answer = queries
        .ask(move |lab, _| {
            let is_meant = |key: &Key| {
                service.as_ref().is_none_or(|it| *it == key.service)
                    && (names.is_empty() || names.contains(&key.metric))
            };
            let others = lab.others();
            let (lines, left_out) = (
                others.measured().lines(&time, is_meant),
                others.measured().left_out(),
            );
            drop(others);
            Ok(Answer {
                metrics: by_name(lines),
                left_out,
            })
        })
        .await;
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn by_name(lines: Vec<(Key, Line)>) -> Vec<Metric> {
    let mut metrics: BTreeMap<(String, Meaning), Metric> = BTreeMap::new();
    for (key, line) in lines {
        let metric = metrics
            .entry((key.metric.clone(), key.meaning))
            .or_insert_with(|| Metric {
                name: key.metric,
                unit: line.unit,
                description: line.description,
                values: key.meaning,
                lines: Vec::new(),
            });
        metric.lines.push(One {
            service: key.service,
            instance: key.instance,
            attributes: key.attributes,
            points: line.points.into(),
        });
    }
    metrics.into_values().collect()
}
