//! So many workers for all requests: slow ones hold them, and quick ones queue, until one is free or none is needed any more.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chassis::Options;
use chassis::testing::{new_trace, spans_of};
use faults::baggage::ActiveFault;
use opentelemetry::trace::TraceId;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::support::{Running, client, start_as};

/// A gateway with two workers, both of which are held by requests that wait for a permit of the second value.
async fn both_workers_held() -> (Running, Arc<Semaphore>, Vec<JoinHandle<u16>>) {
    let (arrived, released) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (arrives, waits) = (arrived.clone(), released.clone());
    let slow = async move || {
        arrives.add_permits(1);
        waits.acquire().await.unwrap().forget();
    };
    let routes = Router::new()
        .route("/slow", get(slow))
        .route("/quick", get(|| async {}));
    let service = start_as("gateway", &Options::with_defaults(), routes).await;
    let workers = [("workers".to_owned(), "2".to_owned())].into();
    let fault = ActiveFault::for_a_time("worker-starvation", "gateway", workers).unwrap();
    service.windows.replace(vec![fault]);
    let slow: Vec<_> = (0..2).map(|_| ask(&service, "/slow").1).collect();
    arrived.acquire_many(2).await.unwrap().forget();
    (service, released, slow)
}

fn ask(service: &Running, path: &str) -> (TraceId, JoinHandle<u16>) {
    let (trace, traceparent) = new_trace();
    let request = client().get(service.url(path)).header("traceparent", traceparent);
    let answered = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
    (trace, answered)
}

async fn is_kept_waiting(answer: &mut JoinHandle<u16>) -> bool {
    tokio::time::timeout(Duration::from_millis(200), answer)
        .await
        .is_err()
}

fn names(trace: TraceId) -> Vec<String> {
    let spans = spans_of(trace);
    spans.iter().map(|span| span.name.to_string()).collect()
}

#[tokio::test]
async fn quick_work_queues_behind_slow_work_and_a_span_says_so() {
    let (service, released, mut slow) = both_workers_held().await;
    let (trace, mut quick) = ask(&service, "/quick");
    assert!(is_kept_waiting(&mut quick).await);
    released.add_permits(1);
    assert_eq!(quick.await.unwrap(), 200);
    assert_eq!(names(trace), ["worker queue", "GET /quick"]);
    let queued = &spans_of(trace)[0];
    let lasted = queued.end_time.duration_since(queued.start_time).unwrap();
    assert!(lasted >= Duration::from_millis(190), "{lasted:?}");

    // One worker is free: who comes now is served at once, and without such a span.
    let (trace, quick) = ask(&service, "/quick");
    assert_eq!(quick.await.unwrap(), 200);
    assert_eq!(names(trace), ["GET /quick"]);
    released.add_permits(1);
    for slow in slow.drain(..) {
        assert_eq!(slow.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn when_it_is_over_nobody_queues_any_more() {
    let (service, released, slow) = both_workers_held().await;
    let (_, mut queued) = ask(&service, "/quick");
    assert!(is_kept_waiting(&mut queued).await);
    service.windows.replace(Vec::new());
    assert_eq!(queued.await.unwrap(), 200, "who queued is let through");
    let (trace, next) = ask(&service, "/quick");
    assert_eq!(next.await.unwrap(), 200, "while both workers are still held");
    assert_eq!(names(trace), ["GET /quick"]);
    released.add_permits(2);
    for slow in slow {
        assert_eq!(slow.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn who_queues_until_its_deadline_is_answered_by_then() {
    let (service, released, _slow) = both_workers_held().await;
    let answer = client()
        .get(service.url("/quick"))
        .header("x-request-timeout-ms", "30")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 504);
    released.add_permits(2);
}
