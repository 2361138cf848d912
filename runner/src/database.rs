//! The database of a run: whose schemas they are, whether it still answers, and whether it did what it was told.

use std::time::Duration;

use chassis::database::Claim;
use reqwest::Url;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::Failure;
use crate::parts::DatabaseChoice;

/// How often the server is asked whether it is still there.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long giving the schemas free may take.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

/// A server that is watched, and whose schemas are ours, until this is released or dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    lost: watch::Receiver<Option<Failure>>,
    release: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Makes sure that a PostgreSQL server is there and that nobody else uses the schemas, before anything is started on it. With
/// SQLite there is nothing to hold.
///
/// # Errors
///
/// A [`Failure`] with the server's own reason.
pub(crate) async fn hold(choice: DatabaseChoice) -> Result<(DatabaseChoice, Option<Hold>), Failure> {
    let DatabaseChoice::Postgres(url) = &choice else {
        return Ok((choice, None));
    };
    let claim = Claim::take(url.as_str()).await?;
    let url = Url::parse(claim.url())
        .map_err(|error| Failure::run(format!("the database's URL cannot be extended: {error}")))?;
    Ok((DatabaseChoice::Postgres(url), Some(Hold::start(claim))))
}

/// Returns once the server is gone, with the reason; never, where there is none.
pub(crate) async fn lost(hold: &mut Option<Hold>) -> Failure {
    match hold {
        Some(hold) => hold.lost().await,
        None => std::future::pending().await,
    }
}

impl Hold {
    fn start(mut claim: Claim) -> Self {
        let (tell, lost) = watch::channel(None);
        let (release, mut released) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut released => return claim.release().await,
                    () = tokio::time::sleep(ASK_EVERY) => {}
                }
                if let Err(failure) = claim.check().await {
                    tell.send_replace(Some(failure.into()));
                    return;
                }
            }
        });
        Self { lost, release, task }
    }

    async fn lost(&mut self) -> Failure {
        if let Ok(lost) = self.lost.wait_for(Option::is_some).await
            && let Some(failure) = &*lost
        {
            return failure.clone();
        }
        // Whoever watched has ended without a word: it is being released.
        std::future::pending().await
    }

    /// Gives the schemas free.
    pub(crate) async fn release(self) {
        // Nobody hears it if the server is gone.
        let _ = self.release.send(());
        let _ = tokio::time::timeout(RELEASE_WITHIN, self.task).await;
    }
}
