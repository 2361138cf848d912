use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use chassis::client::{CallError, Client};
use chassis::options::Upstream;
use chassis::problem::Problem;
use chassis::request::{self, Deadline, Faults, Scope};
use chassis::testing::{attribute, new_trace, spans_of};
use chassis::{Options, span};
use http::StatusCode;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, Status};
use tokio::sync::Notify;

use crate::support::{client, start};

#[tokio::test]
async fn a_request_has_a_server_span_in_the_callers_trace() {
    let routes = Router::new().route(
        "/orders/{id}",
        get(|| async { span::internal("work").run(async {}).await }),
    );
    let service = start(&Options::with_defaults(), routes).await;
    let (trace, traceparent) = new_trace();
    let answer = client()
        .get(service.url("/orders/17?page=2"))
        .header("traceparent", traceparent)
        .header("user-agent", "test/1")
        .header("baggage", "load.sequence=17,theirs=x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let spans = spans_of(trace);
    let [work, server] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(
        (server.name.as_ref(), server.span_kind.clone()),
        ("GET /orders/{id}", SpanKind::Server)
    );
    assert!(server.parent_span_is_remote);
    assert_eq!(work.parent_span_id, server.span_context.span_id());
    let port = service.address.port().to_string();
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/orders/{id}"),
        ("http.response.status_code", "200"),
        ("url.path", "/orders/17"),
        ("url.query", "page=2"),
        ("server.address", "127.0.0.1"),
        ("server.port", port.as_str()),
        ("network.protocol.version", "1.1"),
        ("user_agent.original", "test/1"),
    ] {
        assert_eq!(attribute(server, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(attribute(server, "error.type"), None);
    assert!(
        server
            .attributes
            .iter()
            .all(|attribute| !attribute.key.as_str().starts_with("code."))
    );
}

#[tokio::test]
async fn faults_ride_in_the_baggage_and_wrong_baggage_is_refused() {
    let routes = Router::new().route(
        "/orders",
        get(|faults: Faults| async move {
            format!(
                "{:?} {}",
                faults.sequence,
                faults.find("slow-query", "orders.list-orders").is_some()
            )
        }),
    );
    let service = start(&Options::with_defaults(), routes).await;
    let ask = async |baggage: &str| {
        client()
            .get(service.url("/orders"))
            .header("baggage", baggage)
            .send()
            .await
            .unwrap()
    };

    let answer = ask("fault.slow-query=orders.list-orders,load.sequence=3,other=1;p=2").await;
    assert_eq!(answer.text().await.unwrap(), "Some(3) true");

    let answer = ask("fault.no-such-thing=orders.list-orders").await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Problem = answer.json().await.unwrap();
    assert!(problem.detail.unwrap().contains("no-such-thing"));
    assert!(problem.trace_id.is_some());
}

#[tokio::test]
async fn a_request_past_its_deadline_is_dropped_and_answered_504() {
    let dropped = Arc::new(Notify::new());
    struct Guard(Arc<Notify>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let seen = dropped.clone();
    let handler = move |deadline: Deadline| async move {
        assert!(deadline.remaining().unwrap() <= Duration::from_millis(50));
        let _guard = Guard(seen);
        std::future::pending::<()>().await;
    };
    let service = start(
        &Options::with_defaults(),
        Router::new().route("/slow", get(handler)),
    )
    .await;
    let (trace, traceparent) = new_trace();
    let request = client()
        .get(service.url("/slow"))
        .header("x-request-timeout-ms", "50");
    let answer = request.header("traceparent", traceparent).send().await.unwrap();
    assert_eq!(answer.status(), 504);
    assert_eq!(
        answer.json::<Problem>().await.unwrap().trace_id.unwrap(),
        trace.to_string()
    );
    dropped.notified().await;
    let spans = spans_of(trace);
    assert_eq!(attribute(&spans[0], "error.type").as_deref(), Some("timeout"));
    assert!(matches!(spans[0].status, Status::Error { .. }));
}

#[tokio::test]
async fn a_critical_section_ends_although_its_request_is_given_up() {
    let (release, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (release, done) = (release.clone(), done.clone());
        move || async move {
            request::uninterrupted(async move {
                release.notified().await;
                assert!(Deadline::current().remaining().unwrap() > Duration::from_secs(1));
                done.notify_one();
            })
            .await;
        }
    };
    let service = start(
        &Options::with_defaults(),
        Router::new().route("/pay", post(handler)),
    )
    .await;
    let request = client()
        .post(service.url("/pay"))
        .header("x-request-timeout-ms", "20");
    assert_eq!(request.send().await.unwrap().status(), 504);
    // Shutting down waits for it.
    service.shutdown.request();
    release.notify_one();
    done.notified().await;
    service.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn more_requests_than_allowed_are_turned_away() {
    let (release, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (release, entered) = (release.clone(), entered.clone());
        move || async move {
            entered.notify_one();
            release.notified().await;
        }
    };
    let options = Options {
        concurrency: 1,
        ..Options::with_defaults()
    };
    let service = start(&options, Router::new().route("/", get(handler))).await;
    let first = tokio::spawn(client().get(service.url("/")).send());
    entered.notified().await;
    let second = client().get(service.url("/")).send().await.unwrap();
    assert_eq!(second.status(), 503);
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(
        client().get(service.url("/livez")).send().await.unwrap().status(),
        200
    );
    release.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn bodies_are_limited() {
    let routes = Router::new().route("/", post(|body: String| async move { body.len().to_string() }));
    let service = start(&Options::with_defaults(), routes).await;
    let send = async |body: reqwest::Body| client().post(service.url("/")).body(body).send().await.unwrap();
    assert_eq!(
        send("x".repeat(65_536).into()).await.text().await.unwrap(),
        "65536"
    );
    assert_eq!(send("x".repeat(65_537).into()).await.status(), 413);
    let mut chunks =
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    for _ in 0..2 {
        chunks.extend_from_slice(format!("{:x}\r\n{}\r\n", 40_000, "x".repeat(40_000)).as_bytes());
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    assert!(service.exchange(&chunks).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let options = Options {
        request_timeout: Duration::from_millis(100),
        ..Options::with_defaults()
    };
    let service = start(
        &options,
        Router::new().route("/", post(|body: String| async move { body })),
    )
    .await;
    let half = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nconnection: close\r\n\r\nhalf";
    assert!(service.exchange(half).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn half_a_head_is_closed_in_time() {
    let service = start(&Options::with_defaults(), Router::new()).await;
    let asked = Instant::now();
    service.exchange(b"GET / HTTP/1.1\r\nhost:").await;
    let waited = asked.elapsed();
    assert!(
        waited >= Duration::from_secs(5) && waited < Duration::from_secs(7),
        "{waited:?}"
    );
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let service = start(&Options::with_defaults(), Router::new()).await;
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "more: x\r\n".repeat(64));
    assert!(
        service
            .exchange(head.as_bytes())
            .await
            .starts_with("HTTP/1.1 431")
    );
}

#[tokio::test]
async fn a_panic_is_answered_500() {
    async fn broken() {
        panic!("on purpose");
    }
    let service = start(&Options::with_defaults(), Router::new().route("/", get(broken))).await;
    let (trace, traceparent) = new_trace();
    let answer = client()
        .get(service.url("/"))
        .header("traceparent", traceparent)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 500);
    assert!(!answer.text().await.unwrap().contains("on purpose"));
    assert_eq!(
        attribute(&spans_of(trace)[0], "error.type").as_deref(),
        Some("panic")
    );
}

#[tokio::test]
async fn control_requests_need_a_token_and_there_is_none() {
    let routes = Router::new().route("/control/secret", get(|| async { "secret" }));
    let service = start(&Options::with_defaults(), routes).await;
    for request in [
        client().get(service.url("/control/secret")),
        client().get(service.url("/control/secret")).bearer_auth(""),
        client().get(service.url("/control/secret")).bearer_auth("guess"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let service = start(
        &Options::with_defaults(),
        Router::new().route("/", get(|| async {})),
    )
    .await;
    let (trace, traceparent) = new_trace();
    let answer = client()
        .get(service.url("/nothing"))
        .header("traceparent", traceparent)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let spans = spans_of(trace);
    assert_eq!(spans[0].name, "GET");
    assert_eq!(spans[0].status, Status::Unset);
    assert_eq!(
        client().post(service.url("/")).send().await.unwrap().status(),
        405
    );
}

fn caller(of: &str, timeout: Duration) -> Client {
    Client::new(
        &[Upstream {
            name: "users".to_owned(),
            url: of.to_owned(),
        }],
        timeout,
    )
    .unwrap()
}

#[tokio::test]
async fn a_call_takes_trace_baggage_and_remaining_time_along() {
    let echo = |headers: http::HeaderMap| async move {
        let get = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        axum::Json([get("traceparent"), get("baggage"), get("x-request-timeout-ms")])
    };
    let service = start(
        &Options::with_defaults(),
        Router::new().route("/users/{id}", get(echo)),
    )
    .await;
    let users = caller(&service.url(""), Duration::from_secs(2));
    let root = span::internal("root").as_root().start();
    let trace = root.span_context().trace_id();
    let scope = Scope::from_baggage(Some("load.sequence=1,theirs=x;p=1")).unwrap();
    let context = scope
        .with_deadline(Instant::now() + Duration::from_millis(700))
        .on(root.context());
    let answer = users
        .get("users", "/users/{id}", "/users/7?x=1")
        .send()
        .with_context(context)
        .await
        .unwrap();
    let [traceparent, baggage, left]: [Option<String>; 3] = answer.json().unwrap();
    let spans = spans_of(trace);
    let calling = spans
        .iter()
        .find(|span| span.span_kind == SpanKind::Client)
        .unwrap();
    assert_eq!(calling.name, "GET /users/{id}");
    assert_eq!(
        traceparent.unwrap(),
        format!("00-{trace}-{}-01", calling.span_context.span_id())
    );
    assert_eq!(baggage.unwrap(), "load.sequence=1,theirs=x;p=1");
    assert!((1..=700).contains(&left.unwrap().parse::<u32>().unwrap()));
    assert_eq!(
        attribute(calling, "url.full").unwrap(),
        service.url("/users/7?x=1")
    );
    assert_eq!(attribute(calling, "http.response.status_code").unwrap(), "200");
    assert_eq!(attribute(calling, "peer.service").unwrap(), "users");
}

#[tokio::test]
async fn failed_calls_say_what_kind_of_failure_it_was() {
    let routes = Router::new().route(
        "/missing",
        get(|| async { Problem::new(StatusCode::NOT_FOUND).detail("no such user") }),
    );
    let service = start(&Options::with_defaults(), routes).await;
    // Takes connections, and never says a word.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = caller(
        &format!("http://{}", listener.local_addr().unwrap()),
        Duration::from_millis(100),
    );
    let users = caller(&service.url(""), Duration::from_secs(2));
    let root = span::internal("root").as_root().start();
    let trace = root.span_context().trace_id();
    let call = |client: Client, path: &'static str| {
        let context = root.context().clone();
        async move {
            client
                .get("users", path, path)
                .send()
                .with_context(context)
                .await
                .unwrap_err()
        }
    };
    let (status, timeout) = (call(users, "/missing").await, call(silent, "/slow").await);
    let CallError::Status { status, problem, .. } = status else {
        panic!("{status:?}")
    };
    assert_eq!(
        (status.as_u16(), problem.unwrap().detail.as_deref()),
        (404, Some("no such user"))
    );
    assert!(matches!(timeout, CallError::Timeout { .. }), "{timeout:?}");
    let spans = spans_of(trace);
    let kind = |name: &str| {
        let found =
            |span: &&chassis::testing::SpanData| span.name == name && span.span_kind == SpanKind::Client;
        attribute(spans.iter().find(found).unwrap(), "error.type").unwrap()
    };
    assert_eq!(
        (kind("GET /missing").as_str(), kind("GET /slow").as_str()),
        ("404", "timeout")
    );

    let nobody = caller("http://127.0.0.1:1", Duration::from_secs(1));
    let error = nobody.get("users", "/", "/").untraced().send().await.unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error:?}");
    let error = nobody
        .get("catalog", "/", "/")
        .untraced()
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::UnknownUpstream { .. }), "{error:?}");
}
