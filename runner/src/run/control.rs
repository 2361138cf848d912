//! What a run asks its parts over HTTP while they run: is the outbox empty, what has the lab counted, and which faults are set
//! for a time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::Failure;
use crate::accounts::LabCounts;

/// How often the outbox is asked for; the answer is a count of rows.
const OUTBOX_INTERVAL: Duration = Duration::from_millis(20);
/// How often a trace is asked for that is on its way.
const TRACE_INTERVAL: Duration = Duration::from_millis(100);
/// All of a trace is taken to be there when nothing has come for so long: services send theirs every 100 ms.
const ALL_THERE: Duration = Duration::from_millis(400);
/// How long any one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why a part's faults are not known to be set.
#[derive(Debug)]
pub enum NotSet {
    /// It says why not.
    Refused(Failure),
    /// It is not there, or was gone before it answered.
    Silent(Failure),
}

impl From<NotSet> for Failure {
    fn from(not_set: NotSet) -> Self {
        match not_set {
            NotSet::Refused(failure) | NotSet::Silent(failure) => failure,
        }
    }
}

/// A client for the parts' control endpoints.
#[derive(Debug, Clone)]
pub struct Control {
    client: reqwest::Client,
    token: String,
}

impl Control {
    /// A client that shows this token.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the client cannot be built.
    pub fn new(token: &str) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .build()
            .map_err(|error| Failure::run(format!("no HTTP client: {error}")))?;
        Ok(Self {
            client,
            token: token.to_owned(),
        })
    }

    /// Waits until orders' outbox is empty, so that every checkout's trace across the queue is there; at most for `patience`.
    ///
    /// Gives how many messages are left.
    pub async fn drain_outbox(&self, orders: SocketAddr, patience: Duration) -> u64 {
        let deadline = Instant::now() + patience;
        loop {
            let pending = match self.get(&format!("http://{orders}/control/outbox")).await {
                Ok(answer) => answer["pending"].as_u64().unwrap_or(0),
                Err(_) => return 0,
            };
            if pending == 0 || Instant::now() >= deadline {
                return pending;
            }
            sleep(OUTBOX_INTERVAL).await;
        }
    }

    /// Whether a service's database is in trouble: what it was last told to do it did not, because it is full, say.
    ///
    /// A service that has no database or does not answer says nothing of it.
    pub async fn database_trouble(&self, services: &BTreeMap<&'static str, SocketAddr>) -> Option<Failure> {
        for (service, address) in services {
            let answer = self.get(&format!("http://{address}/control/database")).await;
            let Ok(answer) = answer else { continue };
            if let Some(trouble) = answer["trouble"].as_str() {
                let failure = Failure::run(format!("{service} cannot use its database: {trouble}"));
                return Some(failure.help(
                    "see whether the database's disk is full and the database still runs; log.txt in the run's folder has the times",
                ));
            }
        }
        None
    }

    /// What the lab has counted.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it does not answer, or not so that it can be understood.
    pub async fn lab_counts(&self, page: SocketAddr) -> Result<(LabCounts, Value), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::run(format!("the lab does not say what it received: {error}"))
        };
        let answer = self
            .get(&format!("http://{page}/lab/spans"))
            .await
            .map_err(|error| failed(&error))?;
        let counts = serde_json::from_value(answer.clone()).map_err(|error| failed(&error))?;
        Ok((counts, answer))
    }

    /// Sets the faults that strike at a part for a time, and clears all others.
    ///
    /// # Errors
    ///
    /// When the part refuses or does not answer.
    pub async fn set_faults(&self, part: &str, address: SocketAddr, faults: String) -> Result<(), NotSet> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::run(format!("{part} does not take its faults: {error}"));
        let request = self
            .client
            .put(format!("http://{address}/control/faults"))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(faults);
        let response = request
            .send()
            .await
            .map_err(|error| NotSet::Silent(failed(&error)))?;
        match response.error_for_status_ref() {
            Ok(_) => Ok(()),
            Err(error) => {
                let body = response.text().await.unwrap_or_default();
                let problem: Option<Value> = serde_json::from_str(&body).ok();
                let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
                Err(NotSet::Refused(failed(
                    &detail.map_or_else(|| format!("{error}: {body}"), str::to_owned),
                )))
            }
        }
    }

    /// What is set at a part for a time, as [`faults::control::tell`] writes it.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in time.
    pub async fn faults(&self, address: SocketAddr) -> reqwest::Result<String> {
        let request = self.client.get(format!("http://{address}/control/faults"));
        let answer = request
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        answer.text().await
    }

    /// Sets how many times as long the payment provider takes as usual.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it refuses or does not answer.
    pub async fn set_pace(&self, address: SocketAddr, factor: u32) -> Result<(), Failure> {
        let failed =
            |error: reqwest::Error| Failure::run(format!("payments does not take its pace: {error}"));
        let request = self
            .client
            .put(format!("http://{address}/control/pace"))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(json!({ "factor": factor }).to_string());
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.map(drop).map_err(failed)
    }

    /// A service's profile of so many seconds.
    pub async fn profile(
        &self,
        address: SocketAddr,
        seconds: u64,
        within: Duration,
    ) -> reqwest::Result<Vec<u8>> {
        let answer = self
            .client
            .get(format!("http://{address}/debug/pprof/profile?seconds={seconds}"))
            .timeout(within)
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Waits until a trace has come to the lab, and no more of it comes; at most for `patience`. Gives how many spans there are.
    pub async fn arrived(&self, page: SocketAddr, trace: &str, patience: Duration) -> usize {
        let url = format!("http://{page}/lab/traces/{trace}/drawing");
        let deadline = Instant::now() + patience;
        let (mut spans, mut since) = (0, Instant::now());
        while Instant::now() < deadline && (spans == 0 || since.elapsed() < ALL_THERE) {
            sleep(TRACE_INTERVAL).await;
            let drawing = self.get(&url).await.unwrap_or_default();
            let now = drawing["rows"]["id"].as_array().map_or(0, Vec::len);
            if now != spans {
                (spans, since) = (now, Instant::now());
            }
        }
        spans
    }

    async fn get(&self, url: &str) -> reqwest::Result<Value> {
        self.client
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    }
}
