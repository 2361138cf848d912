//! What drives a shop is passed on to its parent, for whoever asks under the lab's own address.

use axum::Router;
use axum::extract::Request;
use reqwest::header;

use super::*;

/// A parent that answers with what it was asked, and where it is.
async fn parent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let echo = move |request: Request| async move {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let header = |name| head.headers.get(name).map(|value| value.to_str().expect("text"));
        format!(
            "{} {} {:?} {:?} {:?} {}",
            head.method,
            head.uri,
            header("host") == Some(address.to_string().as_str()),
            header("authorization"),
            header("origin"),
            String::from_utf8_lossy(&body)
        )
    };
    let router = Router::new().fallback(echo);
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
    format!("http://{address}")
}

async fn driven(drive: Option<String>) -> Running {
    start(Setup {
        drive,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn a_question_is_passed_on_with_its_token_and_under_the_parent_s_own_name() {
    let lab = driven(Some(parent().await)).await;
    let origin = lab.page.clone();
    let request = lab
        .client
        .delete(format!("{}/lab/drive/faults?fault=crash&at=orders", lab.page))
        .header(header::AUTHORIZATION, "Bearer secret")
        .header(header::ORIGIN, origin)
        .body("body");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(
        answer.text().await.expect("text"),
        r#"DELETE /lab/drive/faults?fault=crash&at=orders true Some("Bearer secret") None body"#
    );
}

#[tokio::test]
async fn other_pages_and_other_names_are_refused() {
    let lab = driven(Some(parent().await)).await;
    let url = format!("{}/lab/drive", lab.page);
    let foreign = lab
        .client
        .post(&url)
        .header(header::ORIGIN, "http://evil.example");
    assert_eq!(foreign.send().await.expect("an answer").status(), 403);
    let rebound = lab.client.get(&url).header(header::HOST, "evil.example:4680");
    assert_eq!(rebound.send().await.expect("an answer").status(), 403);
    assert_eq!(
        lab.client.get(&url).send().await.expect("an answer").status(),
        200
    );
    let large = lab.client.post(&url).body(vec![b' '; 65 << 10]);
    assert_eq!(large.send().await.expect("an answer").status(), 413);
}

#[tokio::test]
async fn without_a_parent_that_is_said() {
    let alone = driven(None).await;
    assert_eq!(alone.get("/lab/drive").await, Json::Null);
    let answer = alone.get("/lab/drive/faults").await;
    assert_eq!(answer["status"], 404);
    assert!(
        answer["detail"].as_str().expect("why").contains("faultmart up"),
        "{answer}"
    );
    let gone = driven(Some("http://127.0.0.1:1".to_owned())).await;
    assert_eq!(gone.get("/lab/drive").await["status"], 502);
}
