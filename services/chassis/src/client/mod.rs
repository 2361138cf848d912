//! Calls to the other services: one connection pool per process, a CLIENT span per call, the trace, the baggage and the
//! remaining time sent along.

mod error;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::CallError;

use crate::failure::Failure;
use crate::options::Upstream;
use crate::request::{RESENT_HEADER, Scope, TIMEOUT_HEADER};
use crate::span::ActiveSpan;
use crate::telemetry::{instrumentation, propagation};

/// The largest body of an answer that is read.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Calls other services. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    upstreams: Arc<HashMap<String, Base>>,
    timeout: Duration,
}

#[derive(Debug)]
struct Base {
    url: String,
    address: String,
    port: Option<u16>,
}

impl Client {
    /// A client that knows these upstreams and lets no call take longer than `timeout`.
    ///
    /// # Errors
    ///
    /// When an upstream's URL is wrong.
    pub fn new(upstreams: &[Upstream], timeout: Duration) -> Result<Self, Failure> {
        let mut known = HashMap::new();
        for upstream in upstreams {
            known.insert(upstream.name.clone(), Base::of(upstream)?);
        }
        Self::of(Arc::new(known), timeout)
    }

    /// Another client that knows the same upstreams, with connections of its own, none of which is open yet.
    ///
    /// # Errors
    ///
    /// When there is no room for one.
    pub fn another(&self) -> Result<Self, Failure> {
        Self::of(self.inner.upstreams.clone(), self.inner.timeout)
    }

    fn of(upstreams: Arc<HashMap<String, Base>>, timeout: Duration) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Failure::not_carried_out(format!("cannot make an HTTP client: {error}")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                upstreams,
                timeout,
            }),
        })
    }

    /// A GET request. `upstream` is the service's name, `route` the route's template (`/orders/{id}`), `path` what is asked
    /// for, with its query (`/orders/17?page=2`).
    pub fn get(&self, upstream: &str, route: &'static str, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, upstream, route, path)
    }

    /// A POST request; as [`Client::get`].
    pub fn post(&self, upstream: &str, route: &'static str, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, upstream, route, path)
    }

    /// Any request; as [`Client::get`].
    pub fn call(
        &self,
        method: Method,
        upstream: &str,
        route: &'static str,
        path: impl Into<String>,
    ) -> Call<'_> {
        Call {
            client: &self.inner,
            upstream: upstream.to_owned(),
            method,
            route,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            invalid: None,
            traced: true,
            resent: 0,
            bounded: true,
        }
    }
}

impl Base {
    fn of(upstream: &Upstream) -> Result<Self, Failure> {
        let wrong = || {
            Failure::input(format!(
                "--upstream {}={}: not a URL",
                upstream.name, upstream.url
            ))
        };
        let url = reqwest::Url::parse(&upstream.url).map_err(|_| wrong())?;
        Ok(Self {
            url: upstream.url.trim_end_matches('/').to_owned(),
            address: url.host_str().ok_or_else(wrong)?.to_owned(),
            port: url.port_or_known_default(),
        })
    }
}

/// A call that is yet to be sent.
#[derive(Debug)]
#[must_use = "a call is made by `send`"]
pub struct Call<'a> {
    client: &'a Inner,
    upstream: String,
    method: Method,
    route: &'static str,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    invalid: Option<String>,
    traced: bool,
    /// How often this caller has sent it before.
    resent: u32,
    /// Whether the callee is told how much time is left, and the call ends with it.
    bounded: bool,
}

impl<'a> Call<'a> {
    /// Sends a header along. The propagation headers, the baggage and the remaining time are set without being asked for.
    pub fn header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        match HeaderValue::from_str(value.as_ref()) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(error) => self.invalid = Some(format!("header {name}: {error}")),
        }
        self
    }

    /// Sends a JSON body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                self.headers
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                self.body = Bytes::from(bytes);
            }
            Err(error) => self.invalid = Some(format!("body: {error}")),
        }
        self
    }

    /// Says that this was sent before, so many times by this caller and `earlier` times by those before it. The span has
    /// the first as `http.request.resend_count`, the callee is told of both.
    pub fn resent(mut self, times: u32, earlier: u64) -> Self {
        self.resent = times;
        // So many that a caller's own attempts and those of the callers before it do not add up to the same.
        let all = earlier.saturating_mul(64).saturating_add(u64::from(times));
        if all > 0 {
            self.headers.insert(RESENT_HEADER, HeaderValue::from(all));
        }
        self
    }

    /// Leaves it to others how long this takes: the callee is not told how much time is left, and the call goes on when there
    /// is none.
    pub fn unbounded(mut self) -> Self {
        self.bounded = false;
        self
    }

    /// Leaves no span here and asks whoever is called to leave none either, by a context that is not sampled; sends no
    /// baggage. For polling, which mostly finds nothing.
    pub fn untraced(mut self) -> Self {
        self.traced = false;
        self
    }

    /// Makes the call and reads the whole answer.
    ///
    /// # Errors
    ///
    /// Any status of 400 and above is a [`CallError::Status`]; the other errors say what went wrong on the way.
    pub fn send(self) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(async move {
            let Some(base) = self.client.upstreams.get(&self.upstream) else {
                return Err(CallError::UnknownUpstream {
                    upstream: self.upstream,
                });
            };
            let url = format!("{}{}", base.url, self.path);
            if !self.traced {
                return self.exchange(&url, true).await;
            }
            let span = self.start_span(base, &url);
            let result = self
                .exchange(&url, false)
                .with_context(span.context().clone())
                .await;
            match &result {
                Ok(answer) => span.set("http.response.status_code", i64::from(answer.status.as_u16())),
                Err(error) => {
                    if let CallError::Status { status, .. } = error {
                        span.set("http.response.status_code", i64::from(status.as_u16()));
                    }
                    span.fail(error.error_type(), error.to_string());
                }
            }
            result
        })
    }

    fn start_span(&self, base: &Base, url: &str) -> ActiveSpan {
        let mut attributes = vec![
            KeyValue::new("http.request.method", method_name(&self.method)),
            KeyValue::new("url.template", self.route),
            KeyValue::new("url.full", url.to_owned()),
            KeyValue::new("server.address", base.address.clone()),
            // Who is called is known by its name, also where it sends no spans of its own, as the payment provider does not.
            KeyValue::new("peer.service", self.upstream.clone()),
        ];
        if self.resent > 0 {
            attributes.push(KeyValue::new("http.request.resend_count", i64::from(self.resent)));
        }
        if let Some(port) = base.port {
            attributes.push(KeyValue::new("server.port", i64::from(port)));
        }
        let (name, mistake) = instrumentation::name_of_call(&self.method, self.route, &self.path);
        let span = crate::span::client(name, attributes).start();
        if let Some(mistake) = mistake {
            mistake.made_in(span.context());
        }
        span
    }

    async fn exchange(self, url: &str, untraced: bool) -> Result<Answer, CallError> {
        let upstream = self.upstream;
        if let Some(reason) = self.invalid {
            return Err(CallError::Transport { upstream, reason });
        }
        let scope = Scope::current();
        let deadline = Instant::now()
            + scope
                .deadline()
                .remaining()
                .map_or(self.client.timeout, |left| left.min(self.client.timeout));
        let mut headers = self.headers;
        if untraced {
            propagation::inject(&unsampled(), &mut headers);
        } else {
            instrumentation::send_along(&mut headers);
            if let Some(baggage) = scope
                .baggage()
                .and_then(|baggage| HeaderValue::from_str(baggage).ok())
            {
                headers.insert("baggage", baggage);
            }
        }
        if self.bounded {
            let left = deadline.saturating_duration_since(Instant::now());
            headers.insert(
                TIMEOUT_HEADER,
                HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
            );
        }
        let exchange = async {
            let response = self
                .client
                .http
                .request(self.method, url)
                .headers(headers)
                .body(self.body)
                .send()
                .await
                .map_err(|error| CallError::of(&upstream, &error))?;
            let status = response.status();
            let headers = response.headers().clone();
            let body = read(response).await.map_err(|error| match error {
                ReadError::Transport(error) => CallError::of(&upstream, &error),
                ReadError::TooLarge => CallError::Body {
                    upstream: upstream.clone(),
                    reason: format!("it is larger than {MAX_BODY} bytes"),
                },
            })?;
            Ok(Answer {
                upstream: upstream.clone(),
                status,
                headers,
                body,
            })
        };
        let answer = if self.bounded {
            tokio::time::timeout_at(deadline.into(), exchange)
                .await
                .unwrap_or_else(|_| {
                    Err(CallError::Timeout {
                        upstream: upstream.clone(),
                    })
                })?
        } else {
            exchange.await?
        };
        if answer.status.as_u16() >= 400 {
            return Err(CallError::Status {
                upstream,
                status: answer.status,
                problem: serde_json::from_slice(&answer.body).ok().map(Box::new),
            });
        }
        Ok(answer)
    }
}

/// A context whose span nobody records.
fn unsampled() -> Context {
    let ids = RandomIdGenerator::default();
    let flags = TraceFlags::NOT_SAMPLED;
    let state = TraceState::default();
    let span = SpanContext::new(ids.new_trace_id(), ids.new_span_id(), flags, false, state);
    Context::new().with_remote_span_context(span)
}

enum ReadError {
    Transport(reqwest::Error),
    TooLarge,
}

async fn read(mut response: reqwest::Response) -> Result<Bytes, ReadError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(ReadError::Transport)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(ReadError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The method, or `_OTHER`, as the semantic conventions have it.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "_OTHER",
    }
}

/// An answer with a status below 400, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    upstream: String,
    /// Below 400.
    pub status: StatusCode,
    /// As received.
    pub headers: HeaderMap,
    /// The whole body, at most 8 MiB.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`CallError::Body`] when the body is not the JSON that was asked for.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| CallError::Body {
            upstream: self.upstream.clone(),
            reason: error.to_string(),
        })
    }
}
