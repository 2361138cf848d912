use axum::Router;
use axum::routing::get;
use chassis::request::Faults;
use reqwest::Method;

use crate::goodbyes::Process;
use crate::support::client;

/// What the service that the tests start as a process answers on `/faults`: which of the two twins it would choose.
pub async fn choice(faults: Faults) -> String {
    let found = |at| faults.find("slow-query", at).is_some();
    format!("{} {}", found("orders.list-orders"), found("catalog.search"))
}

pub fn routes() -> Router {
    Router::new().route("/faults", get(choice))
}

const SLOW: &str = r#"{"faults":[{"fault":"slow-query","at":"orders.list-orders"}]}"#;

async fn control(
    service: &Process,
    method: Method,
    path: &str,
    token: &str,
    body: &'static str,
) -> (u16, String) {
    let answer = client()
        .request(method, service.url(path))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn chosen(service: &Process) -> String {
    let answer = client().get(service.url("/faults")).send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn what_is_set_strikes_every_request_until_it_is_cleared() {
    let service = Process::start(&[("FAULTMART_TOKEN", "secret"), ("OTEL_SDK_DISABLED", "true")]);
    assert_eq!(chosen(&service).await, "false false");
    let set = control(&service, Method::PUT, "/control/faults", "secret", SLOW).await;
    assert_eq!(set.0, 204, "{}", set.1);
    assert_eq!(chosen(&service).await, "true false");
    let told = control(&service, Method::GET, "/control/faults", "secret", "").await;
    assert!(told.1.contains("orders.list-orders"), "{told:?}");
    for path in ["/control/faults", "/control/faults/slow-query"] {
        assert_eq!(
            control(&service, Method::PUT, "/control/faults", "secret", SLOW)
                .await
                .0,
            204
        );
        let other = control(
            &service,
            Method::DELETE,
            "/control/faults/n-plus-one-sql",
            "secret",
            "",
        )
        .await;
        assert_eq!(other.0, 204, "{}", other.1);
        assert_eq!(chosen(&service).await, "true false");
        assert_eq!(control(&service, Method::DELETE, path, "secret", "").await.0, 204);
        assert_eq!(chosen(&service).await, "false false", "{path}");
    }
}

#[tokio::test]
async fn only_the_token_sets_and_what_is_unknown_is_refused_by_name() {
    let service = Process::start(&[("FAULTMART_TOKEN", "secret"), ("OTEL_SDK_DISABLED", "true")]);
    for (method, path) in [
        (Method::GET, "/control/faults"),
        (Method::PUT, "/control/faults"),
        (Method::DELETE, "/control/faults"),
        (Method::DELETE, "/control/faults/slow-query"),
    ] {
        for token in ["", "secre", "secret!"] {
            assert_eq!(
                control(&service, method.clone(), path, token, SLOW).await.0,
                401,
                "{method} {token}"
            );
        }
    }
    for (body, message) in [
        (
            r#"{"faults":[{"fault":"slow-qery","at":"orders.list-orders"}]}"#,
            "did you mean `slow-query`?",
        ),
        (
            r#"{"faults":[{"fault":"slow-query","at":"catalog.search"}]}"#,
            "`catalog.search` in orders",
        ),
        (
            r#"{"faults":[{"fault":"slow-query","at":"orders.list-orders","parameters":{"x":"1"}}]}"#,
            "no parameter `x`",
        ),
        (
            r#"{"faults":[{"fault":"network-latency","at":"orders->database"}]}"#,
            "cannot be set at orders",
        ),
    ] {
        let (status, answer) = control(&service, Method::PUT, "/control/faults", "secret", body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer.contains(message), "{body}: {answer}");
    }
    let (status, answer) = control(
        &service,
        Method::DELETE,
        "/control/faults/slow-qery",
        "secret",
        "",
    )
    .await;
    assert!(
        status == 400 && answer.contains("slow-query"),
        "{status} {answer}"
    );
    assert_eq!(chosen(&service).await, "false false");

    let tokenless = Process::start(&[("FAULTMART_TOKEN", ""), ("OTEL_SDK_DISABLED", "true")]);
    assert_eq!(
        control(&tokenless, Method::PUT, "/control/faults", "", SLOW)
            .await
            .0,
        401
    );
}

#[tokio::test]
async fn a_service_that_hangs_answers_when_it_is_cleared_and_its_probes_all_along() {
    let service = Process::start(&[("FAULTMART_TOKEN", "secret"), ("OTEL_SDK_DISABLED", "true")]);
    let hang = r#"{"faults":[{"fault":"hang","at":"orders"}]}"#;
    assert_eq!(
        control(&service, Method::PUT, "/control/faults", "secret", hang)
            .await
            .0,
        204
    );
    let url = service.url("/faults");
    let mut hanging = tokio::spawn(async move { client().get(url).send().await.unwrap().status().as_u16() });
    assert_eq!(
        client().get(service.url("/livez")).send().await.unwrap().status(),
        200
    );
    let bound = std::time::Duration::from_millis(300);
    assert!(
        tokio::time::timeout(bound, &mut hanging).await.is_err(),
        "it was answered"
    );
    assert_eq!(
        control(&service, Method::DELETE, "/control/faults/hang", "secret", "")
            .await
            .0,
        204
    );
    assert_eq!(hanging.await.unwrap(), 200);
    assert_eq!(chosen(&service).await, "false false");
}

#[tokio::test]
async fn a_service_that_crashes_ends_with_the_first_request_and_not_before() {
    let service = Process::start(&[("FAULTMART_TOKEN", "secret"), ("OTEL_SDK_DISABLED", "true")]);
    let crash = r#"{"faults":[{"fault":"crash","at":"orders"}]}"#;
    assert_eq!(
        control(&service, Method::PUT, "/control/faults", "secret", crash)
            .await
            .0,
        204
    );
    assert_eq!(
        client().get(service.url("/livez")).send().await.unwrap().status(),
        200
    );
    assert!(client().get(service.url("/faults")).send().await.is_err());
    let (status, _) = service.end();
    assert_eq!(status.code(), Some(101));
}
