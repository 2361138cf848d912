//! Passing over traces that cannot match, by text that their bytes would have to hold.

use memchr::memmem::Finder;
use trace::traceql::{Needle, Place, Query};

use crate::store::TraceSpans;

/// What must be found, and how much it has helped so far.
pub struct Prefilter {
    /// The longest text that spans must hold, and the longest that resources or scopes must.
    spans: Option<Finder<'static>>,
    shared: Option<Finder<'static>>,
    asked: u32,
    passed: u32,
}

/// After how many traces it is looked whether it helps.
const TRIED: u32 = 256;

impl Prefilter {
    pub fn of(query: &Query) -> Self {
        let needles = query.needles();
        let longest = |place| {
            let at = needles.iter().filter(|needle| needle.place == place);
            at.map(|needle: &Needle<'_>| needle.bytes)
                .max_by_key(|bytes| bytes.len())
                .map(|bytes| Finder::new(bytes).into_owned())
        };
        Self {
            spans: longest(Place::Spans),
            shared: longest(Place::Shared),
            asked: 0,
            passed: 0,
        }
    }

    /// Whether a trace may match.
    pub fn may_match(&mut self, trace: &TraceSpans) -> bool {
        if let Some(shared) = &self.shared
            && !trace.spans_by_origin().any(|(origin, _)| {
                shared.find(origin.resource()).is_some() || shared.find(origin.scope()).is_some()
            })
        {
            return false;
        }
        let Some(spans) = &self.spans else { return true };
        let found = spans.find(trace.span_bytes()).is_some();
        self.asked += 1;
        self.passed += u32::from(found);
        // What nearly every trace holds is not worth looking for.
        if self.asked == TRIED && self.passed > TRIED / 4 * 3 {
            self.spans = None;
        }
        found
    }
}
