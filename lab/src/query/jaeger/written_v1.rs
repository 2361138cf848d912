//! Traces as the first version of Jaeger's API tells them, one after another.

use std::sync::Arc;
use std::vec;

use trace::TraceId;
use trace::formats::{Losses, jaeger};

use super::super::written::{PIECE, Pieces};
use crate::ingest::Lab;

/// `{"data":[…],"total":0,"limit":0,"offset":0,"errors":null}` with the traces of these ids that are here.
pub struct JaegerJson {
    lab: Arc<Lab>,
    ids: vec::IntoIter<TraceId>,
    before: &'static str,
    first: bool,
}

impl JaegerJson {
    pub fn new(lab: Arc<Lab>, ids: Vec<TraceId>) -> Self {
        Self {
            lab,
            ids: ids.into_iter(),
            before: "{\"data\":[",
            first: true,
        }
    }
}

impl Pieces for JaegerJson {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(std::mem::take(&mut self.before).as_bytes());
        for id in self.ids.by_ref() {
            let Some(trace) = self.lab.store().trace(id) else {
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
        out.extend_from_slice(b"],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}");
        false
    }
}
