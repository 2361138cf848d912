//! Traces as the first version of Jaeger's API tells them, one after another.

use std::sync::Arc;
use std::vec;

use serde_json::{Value, json};
use trace::TraceId;
use trace::formats::{Losses, jaeger};

use super::super::written::{PIECE, Pieces};
use crate::ingest::Lab;

/// `{"data":[…],"total":0,"limit":0,"offset":0,"errors":null}` with the traces of these ids that are here; `errors` names
/// those that are not, if they were asked for by name.
pub struct JaegerJson {
    lab: Arc<Lab>,
    ids: vec::IntoIter<TraceId>,
    before: &'static str,
    first: bool,
    missing: Option<Vec<TraceId>>,
}

impl JaegerJson {
    /// Traces that were found.
    pub fn new(lab: Arc<Lab>, ids: Vec<TraceId>) -> Self {
        Self {
            lab,
            ids: ids.into_iter(),
            before: "{\"data\":[",
            first: true,
            missing: None,
        }
    }

    /// Traces that were asked for by their ids.
    pub fn named(lab: Arc<Lab>, ids: Vec<TraceId>) -> Self {
        Self {
            missing: Some(Vec::new()),
            ..Self::new(lab, ids)
        }
    }
}

impl Pieces for JaegerJson {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(std::mem::take(&mut self.before).as_bytes());
        for id in self.ids.by_ref() {
            let Some(trace) = self.lab.store().trace(id) else {
                self.missing
                    .as_mut()
                    .into_iter()
                    .for_each(|missing| missing.push(id));
                continue;
            };
            if !std::mem::take(&mut self.first) {
                out.push(b',');
            }
            // What Jaeger's form cannot say is written down in the documentation, field by field.
            jaeger::write_trace(&trace.spans(), &mut Losses::default(), out);
            if out.len() >= PIECE {
                return true;
            }
        }
        let missing = self.missing.take().filter(|missing| !missing.is_empty());
        let errors = missing.map(|ids| {
            let error = |id: TraceId| json!({ "msg": "trace not found", "traceID": id.to_string() });
            Value::Array(ids.into_iter().map(error).collect())
        });
        let errors = errors.unwrap_or_default();
        out.extend_from_slice(b"],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":");
        out.extend_from_slice(format!("{errors}}}").as_bytes());
        false
    }
}
