//! One hop: its listener, and what all its connections share.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use referee::Referee;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::delay::Delays;
use crate::options::{Limits, Protocol};
use crate::strike::Hazards;
use crate::{http, tcp};

/// What all connections of an edge share.
pub(crate) struct Edge {
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) upstream: String,
    pub(crate) limits: Limits,
    pub(crate) delays: Delays,
    /// How long a message is on its way, each way.
    pub(crate) distance: Duration,
    pub(crate) referee: Referee,
    pub(crate) hazards: Hazards,
}

impl Edge {
    /// Accepts connections until `stop` says so, and then waits until those that are in use have ended or the time to drain
    /// is over.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                Some(_) = connections.join_next() => continue,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((client, place)) => {
                    let (edge, stop) = (self.clone(), stop.clone());
                    connections.spawn(async move {
                        edge.connection(client, stop).await;
                        drop(place);
                    });
                }
                // Out of descriptors, most likely: others must go first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        drop(listener);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.limits.drain, all).await;
    }

    async fn connection(self: Arc<Self>, client: TcpStream, stop: watch::Receiver<bool>) {
        match self.protocol {
            Protocol::Http => http::run(self, client, stop).await,
            Protocol::Tcp => tcp::run(self, client).await,
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (client, _) = listener.accept().await?;
    // Fails only for a connection that is gone already, which is no reason to stop accepting others.
    let _ = client.set_nodelay(true);
    Ok((client, place))
}
