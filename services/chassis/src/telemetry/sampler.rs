//! Which spans are recorded, and a count of those that are not.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::lies;
use crate::counters::Counters;

/// What `OTEL_TRACES_SAMPLER` can say. `by_parent`: a span with a parent does as its parent did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    AlwaysOn { by_parent: bool },
    AlwaysOff { by_parent: bool },
    Share { share: f64, by_parent: bool },
}

impl Kind {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (by_parent, name) = match text.strip_prefix("parentbased_") {
            Some(name) => (true, name),
            None => (false, text),
        };
        match name {
            "always_on" => Some(Self::AlwaysOn { by_parent }),
            "always_off" => Some(Self::AlwaysOff { by_parent }),
            "traceidratio" => Some(Self::Share {
                share: 1.0,
                by_parent,
            }),
            _ => None,
        }
    }

    pub(super) fn with_share(self, share: f64) -> Self {
        match self {
            Self::Share { by_parent, .. } => Self::Share { share, by_parent },
            other => other,
        }
    }

    fn sampler(self) -> Sampler {
        let (root, by_parent) = match self {
            Self::AlwaysOn { by_parent } => (Sampler::AlwaysOn, by_parent),
            Self::AlwaysOff { by_parent } => (Sampler::AlwaysOff, by_parent),
            Self::Share { share, by_parent } => (Sampler::TraceIdRatioBased(share), by_parent),
        };
        if by_parent {
            Sampler::ParentBased(Box::new(root))
        } else {
            root
        }
    }
}

/// Samples, and counts what it leaves out.
#[derive(Debug, Clone)]
pub(super) struct CountingSampler {
    sampler: Sampler,
    counters: Arc<Counters>,
}

impl CountingSampler {
    pub(super) fn new(kind: Kind, counters: Arc<Counters>) -> Self {
        Self {
            sampler: kind.sampler(),
            counters,
        }
    }
}

impl ShouldSample for CountingSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        // To the SDK's sampler a context with an empty span, as a new root has it, is a parent that was not sampled.
        let parent = parent.filter(|context| context.span().span_context().is_valid());
        let keep = lies::current();
        if let Some(share) = keep.as_ref().and_then(|lies| lies.share()) {
            // What the caller has decided is not asked.
            let result = Sampler::TraceIdRatioBased(share.value)
                .should_sample(None, trace_id, name, kind, attributes, links);
            if result.decision == SamplingDecision::Drop {
                share.struck(trace_id, None);
                self.counters.unsampled();
            }
            return result;
        }
        let result = self
            .sampler
            .should_sample(parent, trace_id, name, kind, attributes, links);
        if result.decision == SamplingDecision::Drop {
            self.counters.unsampled();
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};

    use super::*;

    fn is_recorded_under(parent: SpanContext) -> bool {
        let sampler = CountingSampler::new(
            Kind::AlwaysOn { by_parent: true },
            Arc::new(Counters::anonymous().unwrap()),
        );
        let parent = Context::new().with_remote_span_context(parent);
        let result = sampler.should_sample(
            Some(&parent),
            TraceId::from(1),
            "name",
            &SpanKind::Internal,
            &[],
            &[],
        );
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn a_parent_that_was_not_sampled_is_followed_and_an_empty_one_is_none() {
        let caller = |flags| {
            SpanContext::new(
                TraceId::from(1),
                SpanId::from(1),
                flags,
                true,
                TraceState::default(),
            )
        };
        assert!(is_recorded_under(caller(TraceFlags::SAMPLED)));
        assert!(!is_recorded_under(caller(TraceFlags::NOT_SAMPLED)));
        assert!(is_recorded_under(SpanContext::empty_context()));
    }
}
