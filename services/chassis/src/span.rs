//! Spans, written directly with the OpenTelemetry API: explicit names, kinds, attributes and times, and nothing else.

use std::borrow::Cow;
use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::context::FutureExt;
use opentelemetry::trace::{
    Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceId, Tracer,
};
use opentelemetry::{Context, Key, KeyValue, Value};

use crate::telemetry::instrumentation::{Mistake, kind_of_call};
use crate::telemetry::lies::SpanClock;

/// A span of work inside the service.
pub fn internal(name: impl Into<Cow<'static, str>>) -> Builder {
    Builder::new(name, SpanKind::Internal)
}

/// A span of waiting for somebody else.
pub fn client(name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) -> Builder {
    let (kind, mistake) = kind_of_call();
    Builder {
        mistake,
        ..Builder::new(name, kind).attributes(attributes)
    }
}

/// A span of handling a message, the root of a trace of its own when it is started [`Builder::as_root`].
pub fn consumer(name: impl Into<Cow<'static, str>>) -> Builder {
    Builder::new(name, SpanKind::Consumer)
}

/// A span of sending a message.
pub fn producer(name: impl Into<Cow<'static, str>>) -> Builder {
    Builder::new(name, SpanKind::Producer)
}

/// A span that is yet to start.
#[derive(Debug)]
#[must_use = "a span starts with `start` or `run`"]
pub struct Builder {
    builder: SpanBuilder,
    parent: Option<Context>,
    /// What is wrong with it, if a fault of the telemetry made it so.
    mistake: Option<Mistake>,
}

impl Builder {
    /// A span of that name and kind.
    pub fn new(name: impl Into<Cow<'static, str>>, kind: SpanKind) -> Self {
        let mut builder = SpanBuilder::from_name(name);
        builder.span_kind = Some(kind);
        Self {
            builder,
            parent: None,
            mistake: None,
        }
    }

    /// Adds an attribute. Numbers are exported as numbers when they are `i64` or `f64`.
    pub fn attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.builder
            .attributes
            .get_or_insert_default()
            .push(KeyValue::new(key, value));
        self
    }

    /// Adds attributes.
    pub fn attributes(mut self, attributes: Vec<KeyValue>) -> Self {
        match &mut self.builder.attributes {
            Some(there) => there.extend(attributes),
            none => *none = Some(attributes),
        }
        self
    }

    /// Links to a span of another trace, or of another branch of this one.
    pub fn with_link(mut self, to: SpanContext) -> Self {
        self.builder
            .links
            .get_or_insert_default()
            .push(Link::with_context(to));
        self
    }

    /// When it began, if that was before now.
    pub fn started_at(mut self, time: SystemTime) -> Self {
        self.builder.start_time = Some(time);
        self
    }

    /// Starts a new trace, whatever span is current. The request's scope (deadline, baggage) stays.
    pub fn as_root(mut self) -> Self {
        self.parent = Some(Context::current().with_remote_span_context(SpanContext::empty_context()));
        self
    }

    /// A child of this context's span rather than of the current one's.
    pub fn child_of(mut self, parent: Context) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Starts the span. It ends with [`ActiveSpan::end`], or when it is dropped.
    pub fn start(mut self) -> ActiveSpan {
        let parent = self.parent.unwrap_or_else(Context::current);
        let lifetime = Lifetime::since(self.builder.start_time);
        let Some(tracer) = crate::telemetry::tracer() else {
            // Telemetry is off: the caller's identity is passed on untouched.
            return ActiveSpan {
                context: parent,
                lifetime,
                own: false,
                clock: SpanClock::default(),
            };
        };
        let clock = SpanClock::now();
        self.builder.start_time = Some(clock.says(lifetime.start));
        let span = tracer.build_with_context(self.builder, &parent);
        let context = parent.with_span(span);
        if clock.is_off() {
            let span = context.span().span_context().clone();
            clock.struck(span.trace_id(), span.span_id());
        }
        if let Some(mistake) = self.mistake {
            mistake.made_in(&context);
        }
        ActiveSpan {
            context,
            lifetime,
            own: true,
            clock,
        }
    }

    /// Runs `future` inside the span, and ends the span with it, also when it is dropped half way.
    pub async fn run<F: Future>(self, future: F) -> F::Output {
        let span = self.start();
        future.with_context(span.context.clone()).await
    }

    /// Runs `future` inside the span and marks the span as failed when it fails; `error_type` names the kind of error.
    ///
    /// # Errors
    ///
    /// What `future` fails with. When a deeper span has recorded the error already, use [`Builder::run`]: an error is
    /// recorded where it happens, once.
    pub async fn run_fallible<F, T, E>(self, error_type: fn(&E) -> &'static str, future: F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: std::fmt::Display,
    {
        let span = self.start();
        let result = future.with_context(span.context.clone()).await;
        if let Err(error) = &result {
            span.fail(error_type(error), error.to_string());
        }
        result
    }

    /// Runs `work` inside the span, on this thread.
    pub fn run_blocking<T>(self, work: impl FnOnce() -> T) -> T {
        let span = self.start();
        let _attached = span.context.clone().attach();
        work()
    }
}

/// When a span began, by the wall clock, and how long it has lasted since, by the clock that never steps: a wall clock that is
/// set back in the meantime makes no span end before it began.
#[derive(Debug, Clone, Copy)]
struct Lifetime {
    start: SystemTime,
    /// What had passed already when the other clock was read.
    before: Duration,
    counted_from: Instant,
}

impl Lifetime {
    /// From that moment on, or from now.
    fn since(start: Option<SystemTime>) -> Self {
        let now = SystemTime::now();
        let start = start.unwrap_or(now);
        Self {
            start,
            // A start in the future is one that was read before the clock was set back.
            before: now.duration_since(start).unwrap_or_default(),
            counted_from: Instant::now(),
        }
    }

    fn end(&self) -> SystemTime {
        let lasted = self.before + self.counted_from.elapsed();
        self.start.checked_add(lasted).unwrap_or(self.start)
    }
}

/// A span that has started. It ends when it is dropped, if not before.
#[derive(Debug)]
pub struct ActiveSpan {
    context: Context,
    lifetime: Lifetime,
    /// False when telemetry is off: the context's span is somebody else's then.
    own: bool,
    clock: SpanClock,
}

impl ActiveSpan {
    /// The context with this span in it: spans started under it are its children.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Its identity, for links and for the referee.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        self.context.span().span_context().clone()
    }

    /// Its id, for the referee.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.context.span().span_context().span_id()
    }

    /// Whether anybody will see it; costly attributes can be left out otherwise.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.context.span().is_recording()
    }

    /// Sets an attribute.
    pub fn set(&self, key: impl Into<Key>, value: impl Into<Value>) {
        if self.own {
            self.context.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// Marks the span as failed: status and `error.type`, a word of low cardinality (`timeout`, `503`, `constraint`).
    pub fn fail(&self, error_type: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) {
        if self.own {
            record_error(&self.context, error_type, description);
        }
    }

    /// Ends the span now.
    pub fn end(self) {
        drop(self);
    }

    /// Ends the span at that time.
    pub fn end_at(self, time: SystemTime) {
        if self.own {
            let end = time.max(self.lifetime.start);
            self.context.span().end_with_timestamp(self.clock.says(end));
        }
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        // Ending explicitly, since a spawned task may hold a clone of the context for longer. A second end does nothing.
        if self.own {
            let end = self.clock.says(self.lifetime.end());
            self.context.span().end_with_timestamp(end);
        }
    }
}

/// Marks the span of that context as failed.
pub fn record_error(
    context: &Context,
    error_type: impl Into<Cow<'static, str>>,
    description: impl Into<Cow<'static, str>>,
) {
    let span = context.span();
    span.set_attribute(KeyValue::new("error.type", Value::from(error_type.into())));
    span.set_status(Status::error(description));
}

/// The trace that is current here, if there is one.
#[must_use]
pub fn current_trace_id() -> Option<TraceId> {
    Context::map_current(|context| {
        let span = context.span();
        let span_context = span.span_context();
        span_context.is_valid().then(|| span_context.trace_id())
    })
}

/// The span that is current here, if there is one.
#[must_use]
pub fn current_span_context() -> Option<SpanContext> {
    Context::map_current(|context| {
        let span_context = context.span().span_context().clone();
        span_context.is_valid().then_some(span_context)
    })
}

/// Sets an attribute of the span that is current here: of the server span, in a handler.
pub fn set_attribute(key: impl Into<Key>, value: impl Into<Value>) {
    Context::map_current(|context| context.span().set_attribute(KeyValue::new(key, value)));
}

/// Spawns `future` as a task that stays in the trace and the scope that are current here.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future.with_context(Context::current()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{record_spans, spans_of};

    #[test]
    fn a_wall_clock_that_is_set_back_makes_no_span_end_before_it_began() {
        record_spans();
        let hour = Duration::from_secs(3600);
        // Read before the clock was set back by an hour.
        let began = SystemTime::now() + hour;
        let span = internal("work").as_root().started_at(began).start();
        let trace = span.span_context().trace_id();
        span.end();
        let span = internal("work")
            .child_of(Context::new())
            .started_at(began)
            .start();
        let other = span.span_context().trace_id();
        span.end_at(SystemTime::now());
        for trace in [trace, other] {
            let span = spans_of(trace).remove(0);
            assert_eq!(span.start_time, began);
            let lasted = span
                .end_time
                .duration_since(began)
                .expect("it ends after it began");
            assert!(lasted < hour, "{lasted:?}");
        }
    }

    #[test]
    fn a_span_that_began_before_now_lasts_from_then_on() {
        record_spans();
        let began = SystemTime::now() - Duration::from_secs(5);
        let span = internal("work").as_root().started_at(began).start();
        let trace = span.span_context().trace_id();
        span.end();
        let lasted = spans_of(trace)[0].end_time.duration_since(began).expect("later");
        assert!(lasted >= Duration::from_secs(5), "{lasted:?}");
        assert!(lasted < Duration::from_secs(60), "{lasted:?}");
    }
}
