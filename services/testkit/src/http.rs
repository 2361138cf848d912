//! Requests to a router, and services to call.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chassis::client::Client;
use chassis::options::Upstream;
use chassis::request::Scope;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; null when there is none, a string when it is not JSON.
    pub body: Value,
}

/// Sends a request to a router, with no network in between.
pub async fn send(router: &Router, request: Request<Body>) -> Reply {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = match serde_json::from_slice(&bytes) {
        Ok(json) => json,
        Err(_) if bytes.is_empty() => Value::Null,
        Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
    };
    Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// A GET request.
pub async fn get(router: &Router, path: &str) -> Reply {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// A POST request with a JSON body.
pub async fn post(router: &Router, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

/// Runs `future` as if its request had come with that `baggage` header.
pub async fn within<F: Future>(baggage: &str, future: F) -> F::Output {
    Scope::from_baggage(Some(baggage)).unwrap().run(future).await
}

/// The same with a baggage that must hold a fault.
pub async fn with_baggage<F: Future>(baggage: &str, future: F) -> F::Output {
    let scope = Scope::from_baggage(Some(baggage)).unwrap();
    assert!(!scope.faults().active.is_empty(), "no fault in `{baggage}`");
    scope.run(future).await
}

/// Serves a router on a free port of the loopback for as long as the test's runtime lives. Returns its URL.
pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// A client of these services, each a name and a URL.
pub fn client(upstreams: &[(&str, String)]) -> Client {
    let upstreams: Vec<Upstream> = upstreams
        .iter()
        .map(|(name, url)| Upstream {
            name: (*name).to_owned(),
            url: url.clone(),
        })
        .collect();
    Client::new(&upstreams, Duration::from_secs(2)).unwrap()
}
