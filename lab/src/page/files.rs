//! The page itself: embedded files, compressed for whoever takes that, and not sent again to whoever has them.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What the page may do: run and draw what comes from here, ask here, and nothing else. Trace contents are hostile.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/",
            get(async |headers: HeaderMap| file("page/index.html", &headers)),
        )
        .route(
            "/ui/{*path}",
            get(async |Path(path): Path<String>, headers: HeaderMap| file(&path, &headers)),
        )
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = ui::find(path) else {
        return (StatusCode::NOT_FOUND, "the page has no such file\n").into_response();
    };
    let packed = takes_gzip(headers);
    // The two forms have tags of their own, since their bytes differ.
    let tag = format!("\"{}{}\"", file.sha256(), if packed { "-gzip" } else { "" });
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Asked for each time, and answered with 304: an old page never speaks to a new lab.
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_TYPE, file.kind.content_type()),
    ];
    let mut answer = if known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if packed {
        let mut answer = file.gzip().into_response();
        set(&mut answer, header::CONTENT_ENCODING, "gzip");
        answer
    } else {
        file.text.into_response()
    };
    for (name, value) in fixed {
        set(&mut answer, name, value);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

fn set(answer: &mut Response, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|it| it.to_str().ok());
    tags.flat_map(|it| it.split(','))
        .map(str::trim)
        .any(|it| it == "*" || it.trim_start_matches("W/") == tag)
}

/// Whether `accept-encoding` names gzip, and not with a weight of nothing.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|it| it.to_str().ok());
    lists.flat_map(|it| it.split(',')).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().trim_start_matches("q=");
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse::<f32>().is_ok_and(|it| it > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(HeaderName, &'static str)]) -> HeaderMap {
        of.iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_file_is_compressed_for_whoever_takes_that() {
        let plain = file("page.js", &headers(&[(header::ACCEPT_ENCODING, "br, gzip;q=0")]));
        assert_eq!(plain.headers().get(header::CONTENT_ENCODING), None);
        let packed = file("page.js", &headers(&[(header::ACCEPT_ENCODING, "br, gzip")]));
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_ne!(plain.headers()[header::ETAG], packed.headers()[header::ETAG]);
        let policy = packed.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(!policy.contains("unsafe") && policy.contains("default-src 'none'"));
    }

    #[test]
    fn what_somebody_has_is_not_sent_again() {
        let first = file("page/index.html", &HeaderMap::new());
        let mut again = HeaderMap::new();
        again.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(file("page/index.html", &again).status(), StatusCode::NOT_MODIFIED);
        let other = headers(&[(header::IF_NONE_MATCH, "\"another\"")]);
        assert_eq!(file("page/index.html", &other).status(), StatusCode::OK);
    }

    #[test]
    fn there_is_nothing_but_the_files() {
        // What the report alone needs is none of the page's.
        for path in [
            "../Cargo.toml",
            "",
            "page",
            "src/lib.rs",
            "report/report.js",
            "page/page.js",
        ] {
            assert_eq!(
                file(path, &HeaderMap::new()).status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}
