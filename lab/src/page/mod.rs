//! The page's port: the page itself, and all [`query`](crate::query) routes.

mod files;

use std::sync::Arc;

use axum::Router;

use crate::ingest::Lab;
use crate::query;

/// All routes of the page's port.
pub fn routes(lab: Arc<Lab>) -> Router {
    Router::new().merge(files::routes()).merge(query::routes(lab))
}
