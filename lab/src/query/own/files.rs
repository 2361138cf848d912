//! `/lab/files`: the trace files that were opened, from the command line or on the page.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::super::work::Queries;
use crate::opened::Opened;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/files", get(files))
}

#[derive(Serialize)]
struct Answer {
    files: Vec<Opened>,
}

async fn files(State(queries): State<Arc<Queries>>) -> Json<Answer> {
    Json(Answer {
        files: queries.lab.opened.all(),
    })
}
