//! The origins of one trace's spans, and how many spans there are of each.

use std::collections::HashMap;
use std::sync::Arc;

use super::grown::grow;
use super::origins::Origin;

/// Up to this many are looked through one by one; with more there is a map.
const FEW: usize = 16;

/// An origin, and how many spans a trace has of it.
#[derive(Debug, Clone)]
struct Share {
    origin: Arc<Origin>,
    spans: u32,
}

/// The origins of a trace, each with a place that its spans name it by.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    list: Vec<Share>,
    /// The places by the origins' addresses. A process that makes a resource of its own for every span would
    /// otherwise cost time that grows with the square of their number.
    places: Option<Box<Places>>,
}

/// The places by address, in a box because few traces have them.
#[derive(Debug, Clone)]
struct Places(HashMap<usize, u32>);

impl Shares {
    /// The place of an origin, which is new if need be.
    pub fn place(&mut self, origin: &Arc<Origin>) -> u32 {
        let known = match &self.places {
            Some(places) => places.0.get(&address(origin)).copied(),
            None => self
                .list
                .iter()
                .position(|share| Arc::ptr_eq(&share.origin, origin))
                .map(|place| place as u32),
        };
        known.unwrap_or_else(|| self.add(origin))
    }

    fn add(&mut self, origin: &Arc<Origin>) -> u32 {
        let place = self.list.len() as u32;
        grow(&mut self.list, 1);
        self.list.push(Share {
            origin: Arc::clone(origin),
            spans: 0,
        });
        match &mut self.places {
            Some(places) => drop(places.0.insert(address(origin), place)),
            None if self.list.len() > FEW => {
                let places = self.list.iter().zip(0..);
                let places = places.map(|(share, place)| (address(&share.origin), place));
                self.places = Some(Box::new(Places(places.collect())));
            }
            None => {}
        }
        place
    }

    /// Counts a span.
    pub fn count(&mut self, place: u32) {
        if let Some(share) = self.list.get_mut(place as usize) {
            // The first span of it is what makes the trace hold it.
            if share.spans == 0 {
                share.origin.refer();
            }
            share.spans += 1;
        }
    }

    /// Forgets an origin that was given a place and then no span.
    pub fn forget_unused(&mut self, place: u32) {
        if place as usize + 1 == self.list.len()
            && let Some(share) = self.list.pop_if(|share| share.spans == 0)
            && let Some(places) = &mut self.places
        {
            places.0.remove(&address(&share.origin));
        }
    }

    /// The origin with a place that was given.
    pub fn origin(&self, place: u32) -> &Arc<Origin> {
        &self.list[place as usize].origin
    }

    /// The origins with the number of spans, in order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Origin>, u32)> {
        self.list.iter().map(|share| (&share.origin, share.spans))
    }

    pub fn heap_bytes(&self) -> usize {
        let places = self.places.as_ref().map_or(0, |places| {
            size_of::<Places>() + places.0.capacity() * (size_of::<(usize, u32)>() + 4)
        });
        self.list.capacity() * size_of::<Share>() + places
    }
}

fn address(origin: &Arc<Origin>) -> usize {
    Arc::as_ptr(origin) as usize
}
