//! Equal resources and scopes are held once, as many spans as they have.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message as _;

use crate::model::{Resource, Scope};
use crate::otlp::encode;

/// The resources and scopes seen so far.
#[derive(Debug, Default)]
pub struct Shared {
    resources: HashMap<Vec<u8>, Arc<Resource>>,
    scopes: HashMap<Vec<u8>, Arc<Scope>>,
}

/// How many different ones are remembered before starting afresh.
const REMEMBERED: usize = 4096;

impl Shared {
    /// The one resource that equals this one.
    pub fn resource(&mut self, resource: Resource) -> Arc<Resource> {
        let mut key = encode::resource(&resource).encode_length_delimited_to_vec();
        key.extend_from_slice(resource.schema_url.as_bytes());
        keep(&mut self.resources, key, resource)
    }

    /// The one scope that equals this one.
    pub fn scope(&mut self, scope: Scope) -> Arc<Scope> {
        let mut key = encode::scope(&scope).encode_length_delimited_to_vec();
        key.extend_from_slice(scope.schema_url.as_bytes());
        keep(&mut self.scopes, key, scope)
    }
}

fn keep<T>(known: &mut HashMap<Vec<u8>, Arc<T>>, key: Vec<u8>, value: T) -> Arc<T> {
    if known.len() >= REMEMBERED && !known.contains_key(&key) {
        known.clear();
    }
    Arc::clone(known.entry(key).or_insert_with(|| Arc::new(value)))
}
