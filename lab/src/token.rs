//! A token that all requests must carry, where the lab listens beyond its machine.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;

/// The routes, for those who say the token, if there is one.
pub fn required(router: Router, token: Option<&str>) -> Router {
    let Some(token) = token else { return router };
    let token: Arc<str> = token.into();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let token = Arc::clone(&token);
        async move {
            if says(request.headers(), &token) {
                next.run(request).await
            } else {
                refused()
            }
        }
    }))
}

/// As a bearer token, or as the password of a sign-in of any name, which is what browsers and Grafana can send.
fn says(headers: &HeaderMap, token: &str) -> bool {
    let Some(value) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let Some((scheme, said)) = value.split_once(' ') else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        return is_same(said.trim().as_bytes(), token.as_bytes());
    }
    scheme.eq_ignore_ascii_case("basic")
        && base64::engine::general_purpose::STANDARD
            .decode(said.trim())
            .is_ok_and(|pair| {
                let colon = pair.iter().position(|byte| *byte == b':');
                colon.is_some_and(|colon| is_same(&pair[colon + 1..], token.as_bytes()))
            })
}

/// Compares all bytes whatever differs, so that the time it takes tells nothing.
fn is_same(said: &[u8], token: &[u8]) -> bool {
    let differing = said
        .iter()
        .zip(token)
        .fold(said.len() ^ token.len(), |all, (one, other)| {
            all | usize::from(one ^ other)
        });
    differing == 0
}

fn refused() -> Response {
    let headers = [
        (header::WWW_AUTHENTICATE, "Basic realm=\"lab\", charset=\"UTF-8\""),
        (header::CONTENT_TYPE, "application/problem+json"),
    ];
    let body = r#"{"title":"Unauthorized","status":401,"detail":"say the lab's token: Authorization: Bearer TOKEN"}"#;
    (StatusCode::UNAUTHORIZED, headers, body).into_response()
}
