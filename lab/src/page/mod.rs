//! The page's port: the page itself, the files that are dropped onto it, and all [`query`](crate::query) routes.

mod files;
mod import;

use std::sync::Arc;

use axum::Router;

use crate::ingest::Lab;
use crate::query;

/// All routes of the page's port.
pub fn routes(lab: Arc<Lab>) -> Router {
    Router::new()
        .merge(files::routes())
        .merge(import::routes(Arc::clone(&lab)))
        .merge(query::routes(lab))
}
