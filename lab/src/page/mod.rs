//! The page's port: the page itself, the files that are dropped onto it, what drives a shop, and all [`query`](crate::query) routes.

mod drive;
mod files;
mod import;

use std::sync::Arc;

use axum::Router;

use crate::ingest::Lab;
use crate::{Failure, query};

/// All routes of the page's port. `drive` is where the parent of a shop is asked to drive it, if there is one.
///
/// # Errors
/// When that is no URL.
pub fn routes(lab: Arc<Lab>, drive: Option<&str>) -> Result<Router, Failure> {
    Ok(Router::new()
        .merge(files::routes())
        .merge(drive::routes(drive)?)
        .merge(import::routes(Arc::clone(&lab)))
        .merge(query::routes(lab)))
}
