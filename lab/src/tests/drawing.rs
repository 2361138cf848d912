//! What the page draws from: a trace's rows, one span of it, two traces compared.

use super::{Setup, body, span, start};

#[tokio::test]
async fn a_trace_is_drawn_and_one_of_its_spans_given_as_it_came() {
    let lab = start(Setup::default()).await;
    let spans = [span("orders", 1, 1, 0), span("users", 1, 2, 1)];
    lab.post(body(&spans)).await;
    let id = spans[0].trace_id;
    let drawing = lab.get(&format!("/lab/traces/{id}/drawing")).await;
    assert_eq!(drawing["rows"]["parent"], serde_json::json!([-1, 0]));
    assert_eq!(drawing["services"], serde_json::json!(["orders", "users"]));
    let one = lab
        .get(&format!("/lab/traces/{id}/spans/{}", spans[1].span_id))
        .await;
    let sent = &one["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(sent.as_array().map(Vec::len), Some(1));
    assert_eq!(sent[0]["spanId"], spans[1].span_id.to_string());
}

#[tokio::test]
async fn two_traces_are_compared() {
    let lab = start(Setup::default()).await;
    let (one, other) = (span("orders", 1, 1, 0), span("orders", 2, 1, 0));
    let more = span("users", 2, 2, 1);
    lab.post(body(&[one.clone(), other.clone(), more])).await;
    let path = format!("/lab/compare?before={}&after={}", one.trace_id, other.trace_id);
    let comparison = lab.get(&path).await;
    assert_eq!(comparison["lines"][1]["change"], "appeared");
    assert_eq!(comparison["traces"], serde_json::json!([1, 1]));
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let lab = start(Setup::default()).await;
    let unknown = "00000000000000000000000000000001";
    for (path, status) in [
        (format!("/lab/traces/{unknown}/drawing"), 404),
        ("/lab/traces/x/drawing".to_owned(), 400),
        (format!("/lab/compare?before={unknown}&after={unknown}"), 404),
        (format!("/lab/traces/{unknown}/spans/y"), 400),
    ] {
        assert_eq!(lab.get(&path).await["status"], status, "{path}");
    }
}
