//! How an answer says that an eviction made it incomplete: in a header that every dialect's answers have, and in the
//! body where a dialect has a place for it.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::ingest::Lab;

/// The header, which is there only if something is missing.
const INCOMPLETE: HeaderName = HeaderName::from_static("lab-incomplete");

/// What is missing from an answer about spans from `from_unix_ns` on.
pub fn notice(lab: &Lab, from_unix_ns: u64) -> Option<String> {
    let lost = lab.store().lost();
    (lost.traces > 0 && lost.until_unix_ns >= from_unix_ns).then(|| {
        format!(
            "{} traces were evicted to make room, the latest of which ended at {}; --memory keeps more",
            lost.traces,
            humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_nanos(lost.until_unix_ns))
        )
    })
}

/// Puts the notice into the answer's head.
pub fn note(lab: &Lab, from_unix_ns: u64, response: Response) -> Response {
    with(notice(lab, from_unix_ns), response)
}

/// Puts a notice into the answer's head.
pub fn with(notice: Option<String>, mut response: Response) -> Response {
    if let Some(value) = notice.and_then(|notice| HeaderValue::try_from(notice).ok()) {
        response.headers_mut().insert(INCOMPLETE, value);
    }
    response
}
