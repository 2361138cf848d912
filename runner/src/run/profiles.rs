//! `--profile`: every service's processor time while load is sent, as `profile-SERVICE.pb.gz` in the run's folder.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::Control;
use crate::Failure;
use crate::folder::RunFolder;

/// The longest that a service can be asked for; of a longer run it is the beginning.
const MOST: Duration = Duration::from_secs(300);
/// How much longer an answer may take: names are looked up after the recording.
const PATIENCE: Duration = Duration::from_secs(60);

/// The recordings that are under way; none if they were not asked for.
#[derive(Default)]
pub struct Profiles(Vec<(&'static str, JoinHandle<reqwest::Result<Vec<u8>>>)>);

impl Profiles {
    /// Asks every service for its profile of the time that the load takes.
    pub fn start(control: &Control, services: &BTreeMap<&'static str, SocketAddr>, load: Duration) -> Self {
        let seconds = load.min(MOST).as_secs_f64().ceil().max(1.0) as u64;
        let ask = |(&service, &address): (&&'static str, &SocketAddr)| {
            let control = control.clone();
            let within = Duration::from_secs(seconds) + PATIENCE;
            let answer = async move { control.profile(address, seconds, within).await };
            (service, tokio::spawn(answer))
        };
        Self(services.iter().map(ask).collect())
    }

    /// Waits until all have answered. A service that has gone has none, which is said; the others' are kept.
    pub async fn write(self, folder: &RunFolder) -> Result<(), Failure> {
        let (services, answers): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        for (service, answer) in services.into_iter().zip(join_all(answers).await) {
            match answer {
                Ok(Ok(profile)) => {
                    folder.write(&format!("profile-{service}.pb.gz"), |file| {
                        file.write_all(&profile)
                    })?;
                }
                Ok(Err(error)) => eprintln!("warning: no profile of {service}: {error}"),
                Err(_) => eprintln!("warning: no profile of {service}"),
            }
        }
        Ok(())
    }
}
