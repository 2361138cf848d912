//! What many ask at once is worked out once. A page that is open asks the same every few seconds, and so do all others that are open;
//! they ask at the same moments for the same times, and get one answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header, response::Parts};
use axum::middleware::Next;
use axum::response::Response;

/// For how long an answer is that of others who ask the same.
const SHARED: Duration = Duration::from_secs(1);
/// How many answers are kept, and how large one may be, in bytes.
const MOST: usize = 64;
const LARGEST: usize = 4 << 20;

/// The answers of the last second, by what was asked.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<HashMap<String, Place>>>);

/// Who holds it works the answer out; others wait for it.
type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    at: Instant,
    head: Parts,
    body: Bytes,
}

impl Answers {
    fn place(&self, question: &str) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST && !places.contains_key(question) {
            // Those that nobody waits for: what they hold is old, or will be asked for again.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry(question.to_owned()).or_default())
    }
}

/// Answers a question as it was answered a moment ago, if it was. Only questions about a time that is over are shared: their answers
/// do not change but by what comes late.
pub async fn shared(State(answers): State<Answers>, request: Request, next: Next) -> Response {
    let question = request.uri().to_string();
    if !question.contains("until=") {
        return next.run(request).await;
    }
    let place = answers.place(&question);
    let mut kept = place.lock().await;
    if let Some(kept) = kept.as_ref().filter(|kept| kept.at.elapsed() < SHARED) {
        return Response::from_parts(kept.head.clone(), Body::from(kept.body.clone()));
    }
    let (mut head, body) = next.run(request).await.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(head, Body::from("the answer is too large; ask for less\n"));
    };
    head.headers.remove(header::CONTENT_LENGTH);
    *kept = (head.status == StatusCode::OK).then(|| Kept {
        at: Instant::now(),
        head: head.clone(),
        body: body.clone(),
    });
    Response::from_parts(head, Body::from(body))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::Router;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_many_ask_at_once_is_worked_out_once() {
        let worked = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&worked);
        let router = Router::new()
            .route(
                "/",
                get(move || {
                    let worked = counted.fetch_add(1, Ordering::Relaxed);
                    async move { worked.to_string() }
                }),
            )
            .layer(axum::middleware::from_fn_with_state(Answers::default(), shared));
        let ask = async |question: &str| {
            let request = Request::builder()
                .uri(question)
                .body(Body::empty())
                .expect("a request");
            let answer = router.clone().oneshot(request).await.expect("an answer");
            axum::body::to_bytes(answer.into_body(), 100)
                .await
                .expect("a body")
        };
        let (one, other) = tokio::join!(ask("/?until=5"), ask("/?until=5"));
        assert_eq!((one.as_ref(), other.as_ref()), (&b"0"[..], &b"0"[..]));
        assert_eq!(ask("/?until=6").await.as_ref(), b"1");
        assert_eq!(ask("/").await.as_ref(), b"2");
        assert_eq!(ask("/").await.as_ref(), b"3");
    }
}
