//! `/lab/drive/…`: passed on to the parent of a shop, which holds the load and the token; the lab knows neither. So the page speaks to
//! its own origin alone, and nobody needs to know a second address.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use reqwest::{Client, Url};

use crate::Failure;
use crate::query::problem;

/// What a request to drive may hold, in bytes.
const LARGEST: usize = 64 << 10;
/// How long an answer may take: a single request with a fault takes up to ten seconds, and the healthy one after it as long; a profile
/// up to fifteen, and looking its names up.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is passed on of a question.
const PASSED: [HeaderName; 2] = [header::AUTHORIZATION, header::CONTENT_TYPE];

#[derive(Clone)]
struct Parent {
    client: Client,
    url: Url,
}

pub fn routes<S: Clone + Send + Sync + 'static>(drive: Option<&str>) -> Result<Router<S>, Failure> {
    let Some(text) = drive else {
        let alone = || async {
            problem(
                StatusCode::NOT_FOUND,
                "this lab has no shop to drive; `faultmart up` starts one",
            )
        };
        return Ok(Router::new()
            .route("/lab/drive", get(|| async { Json(()) }))
            .route("/lab/drive/{*rest}", any(alone)));
    };
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::input(
            format!("--drive {text}: {error}"),
            "give a URL such as http://127.0.0.1:4690",
        )
    };
    let parent = Parent {
        url: Url::parse(text).map_err(|error| cannot(&error))?,
        client: Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| cannot(&error))?,
    };
    let router = Router::new()
        .route("/lab/drive", any(pass_on))
        .route("/lab/drive/{*rest}", any(pass_on))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(parent);
    Ok(router)
}

async fn pass_on(State(parent): State<Parent>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !is_asked_here(&head.headers) {
        return problem(
            StatusCode::FORBIDDEN,
            "ask under the lab's own address: by its number or as localhost, and from no other page",
        );
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 64 KiB");
    };
    let mut url = parent.url.clone();
    url.set_path(head.uri.path());
    url.set_query(head.uri.query());
    let mut question = parent.client.request(head.method, url).body(body);
    for name in PASSED {
        if let Some(value) = head.headers.get(&name) {
            question = question.header(name, value);
        }
    }
    match answered(question).await {
        Ok((status, kind, body)) => (
            status,
            [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ],
            body,
        )
            .into_response(),
        Err(error) => {
            let why = if error.is_timeout() {
                "does not answer in time"
            } else {
                "is not there"
            };
            problem(StatusCode::BAD_GATEWAY, &format!("what drives the shop {why}"))
        }
    }
}

async fn answered(question: reqwest::RequestBuilder) -> reqwest::Result<(StatusCode, String, Bytes)> {
    let answer = question.send().await?;
    let kind = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    Ok((
        answer.status(),
        kind.unwrap_or("text/plain").to_owned(),
        answer.bytes().await?,
    ))
}

/// Whether somebody asks who knows where the lab is, and not a page of somebody else's. A name can be made to point here by whoever
/// owns it (DNS rebinding), a number cannot.
fn is_asked_here(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let is_known = name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok();
    let is_own = match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin.to_str().is_ok_and(|origin| {
            origin.strip_prefix("http://").or(origin.strip_prefix("https://")) == Some(host)
        }),
    };
    is_known && is_own
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        is_asked_here(&headers)
    }

    #[test]
    fn another_name_or_another_page_is_refused() {
        for host in [
            "127.0.0.1:4680",
            "localhost:4680",
            "[::1]:4680",
            "localhost",
            "192.168.0.7:80",
            "[::1]",
        ] {
            assert!(asked(host, None), "{host}");
        }
        for host in [
            "evil.example:4680",
            "127.0.0.1.evil.example",
            "localhost.evil.example:4680",
            "",
        ] {
            assert!(!asked(host, None), "{host}");
        }
        assert!(asked("127.0.0.1:4680", Some("http://127.0.0.1:4680")));
        for origin in [
            "http://evil.example",
            "http://127.0.0.1:4600",
            "null",
            "http://localhost:4680",
        ] {
            assert!(!asked("127.0.0.1:4680", Some(origin)), "{origin}");
        }
        assert!(!is_asked_here(&HeaderMap::new()));
    }
}
