//! A segment document as it is written.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::formats::native::{Members, Native};
use crate::formats::sidecar::{EventJson, Sidecar};
use crate::id::TraceId;

/// A segment or subsegment.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Document<'a> {
    pub name: Option<String>,
    pub id: Option<String>,
    pub trace_id: Option<String>,
    pub parent_id: Option<String>,
    #[serde(borrow)]
    pub start_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub end_time: Option<&'a RawValue>,
    pub in_progress: Option<bool>,
    pub r#type: Option<String>,
    pub namespace: Option<String>,
    pub origin: Option<String>,
    pub user: Option<String>,
    pub service: Members,
    pub http: Option<Http>,
    pub aws: Members,
    pub sql: Members,
    pub error: Option<bool>,
    pub throttle: Option<bool>,
    pub fault: Option<bool>,
    #[serde(borrow)]
    pub cause: Option<&'a RawValue>,
    pub annotations: Members,
    #[serde(borrow)]
    pub metadata: Option<&'a RawValue>,
    pub precursor_ids: Option<Vec<String>>,
    pub links: Option<Vec<LinkJson>>,
    #[serde(borrow)]
    pub subsegments: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Http {
    pub request: Members,
    pub response: Members,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LinkJson {
    pub trace_id: String,
    pub id: String,
    pub attributes: Members,
}

/// What went wrong, if it is not just the id of an exception that another subsegment tells.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Cause {
    pub working_directory: Option<String>,
    pub paths: Native,
    pub exceptions: Option<Vec<Exception>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Exception {
    pub id: Option<String>,
    pub message: Option<String>,
    pub r#type: Option<String>,
    pub remote: Option<bool>,
    pub truncated: Native,
    pub skipped: Native,
    pub cause: Option<String>,
    pub stack: Option<Vec<Frame>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Frame {
    pub path: Option<String>,
    pub line: Native,
    pub label: Option<String>,
}

/// What `metadata.otel` of our own documents holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Own {
    pub format: String,
    pub name: String,
    pub events: Vec<OwnEvent>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OwnEvent {
    pub time_unix_ns: String,
    pub name: String,
}

/// The value of [`Own`]'s `format`.
pub const FORMAT: &str = "faultmart.span/1";

/// Our own metadata: the parts of it, since the same object is read for each.
pub struct OwnParts {
    pub own: Own,
    pub sidecar: Sidecar,
    pub events: Vec<EventJson>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    otel: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OwnEvents {
    events: Vec<EventJson>,
}

/// The span that the metadata holds, if we wrote it.
pub fn own(metadata: Option<&RawValue>) -> Option<Result<OwnParts, serde_json::Error>> {
    let metadata: Metadata = serde_json::from_str(metadata?.get()).ok()?;
    let text = metadata.otel?.get();
    let own: Own = serde_json::from_str(text)
        .ok()
        .filter(|own: &Own| own.format == FORMAT)?;
    let parts = || {
        Ok(OwnParts {
            own,
            sidecar: serde_json::from_str(text)?,
            events: serde_json::from_str::<OwnEvents>(text)?.events,
        })
    };
    Some(parts())
}

/// `1-5759e988-bd862e3fe1be46a994272793`, or the same without its dashes and version, as W3C's ids are.
pub fn trace_id(text: &str) -> Option<TraceId> {
    let digits = match text.strip_prefix("1-") {
        Some(rest) => {
            let (epoch, unique) = rest.split_once('-')?;
            if epoch.len() != 8 || unique.len() != 24 {
                return None;
            }
            format!("{epoch}{unique}")
        }
        None => text.to_owned(),
    };
    digits.parse().ok().filter(|id: &TraceId| id.is_valid())
}

/// The same as X-Ray writes it.
pub fn trace_id_text(id: TraceId) -> String {
    let digits = id.to_string();
    format!("1-{}-{}", &digits[..8], &digits[8..])
}
