//! An instance that has waited for too long is let go, and whoever comes next starts another one.

use std::fmt::Display;
use std::time::Duration;

use chassis::Failure;
use chassis::span;

use super::{Instance, Own, Running, package};
use crate::State;
use crate::error::Error;

pub(super) async fn instance(
    state: &State,
    function: &'static str,
    longest: Duration,
    package: u64,
) -> Result<Running, Error> {
    let instance = match state.idle.take(function, longest) {
        Some(instance) => instance,
        None => {
            let started = span::internal("function start")
                .run(start(&state.warm, package))
                .await;
            started.map_err(Error::NoInstance)?
        }
    };
    Ok(Running {
        instance,
        own: Some(Own {
            function,
            idle: state.idle.clone(),
            longest,
        }),
    })
}

/// Loads the code; then there is a client that has no connection to anybody yet, and a database handle with one that is opened now.
async fn start(like: &Instance, package: u64) -> Result<Instance, Failure> {
    let loaded = tokio::task::spawn_blocking(move || package::load(package)).await;
    let failed = |error: &dyn Display| Failure::not_carried_out(format!("cannot load the function: {error}"));
    let checksum = loaded
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))?;
    tracing::debug!(checksum, "loaded");
    let instance = Instance {
        database: like.database.another(1),
        client: like.client.another()?,
    };
    instance.database.connect().await?;
    Ok(instance)
}
