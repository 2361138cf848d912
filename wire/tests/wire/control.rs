//! Setting and clearing faults for a time.

use wire::Protocol;

use crate::support::*;

const LATENCY: &str =
    r#"{"faults":[{"fault":"network-latency","at":"gateway->orders","parameters":{"delay":"5ms"}}]}"#;

#[test]
fn only_the_token_opens_the_control_endpoint() {
    let wire = Setup::http(nobody()).start();
    for authorization in [
        None,
        Some(""),
        Some("Bearer wrong!"),
        Some("Bearer secre"),
        Some("secret"),
        Some("Basic secret"),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let (status, body) = wire.control(method, authorization, LATENCY);
            assert_eq!(status, 401, "{authorization:?}: {body}");
        }
    }
    assert_eq!(wire.control("PUT", Some("Bearer secret"), LATENCY).0, 204);
    assert_eq!(wire.control("GET", Some("Bearer secret"), "").1, LATENCY);
    assert_eq!(wire.control("DELETE", Some("Bearer secret"), "").0, 204);
    assert_eq!(wire.control("POST", Some("Bearer secret"), LATENCY).0, 405);
}

#[test]
fn without_a_token_nobody_can_set_anything() {
    let wire = Setup::http(nobody()).without_token().start();
    for authorization in [None, Some("Bearer "), Some("Bearer secret")] {
        let (status, body) = wire.control("PUT", authorization, LATENCY);
        assert!(
            status == 401 && body.contains("FAULTMART_TOKEN"),
            "{status} {body}"
        );
    }
}

#[test]
fn what_is_unknown_is_refused_with_the_nearest_word() {
    let wire = Setup::http(nobody())
        .edge("orders->database", nobody(), Protocol::Tcp)
        .start();
    let fault = |fault: &str, at: &str, parameters: &str| {
        format!(r#"{{"faults":[{{"fault":"{fault}","at":"{at}","parameters":{{{parameters}}}}}]}}"#)
    };
    for (body, message) in [
        (
            fault("network-latensy", "gateway->orders", ""),
            "did you mean `network-latency`?",
        ),
        (
            fault("slow-query", "catalog.search", ""),
            "`slow-query` cannot be set at the wire",
        ),
        (
            fault("network-latency", "gateway->order", ""),
            "did you mean `gateway->orders`?",
        ),
        (
            fault("network-latency", "gateway->orders", r#""dely":"5ms""#),
            "did you mean `delay`?",
        ),
        (
            fault("network-latency", "orders->database", r#""dely":"5ms""#),
            "did you mean `delay`?",
        ),
        (
            fault("network-latency", "gateway->orders", r#""delay":"5""#),
            "delay cannot be `5`",
        ),
        (
            fault("network-latency", "orders->database", r#""delay":"1h""#),
            "the most is 10s",
        ),
        (
            fault("network-latency", "gateway->orders", r#""direction":"up""#),
            "direction cannot be `up`",
        ),
        (
            r#"{"faults":[],"share":"50%"}"#.to_owned(),
            "unknown field `share`",
        ),
        (
            r#"{"faults":[{"fault":"network-latency","at":"orders->database","share":"50%"}]}"#.to_owned(),
            "unknown field `share`",
        ),
        (
            format!(
                "{{\"faults\":[{0},{0}]}}",
                r#"{"fault":"network-latency","at":"gateway->orders"}"#
            ),
            "named twice",
        ),
        ("{".to_owned(), "the body: EOF"),
    ] {
        let (status, answer) = wire.control("PUT", Some("Bearer secret"), &body);
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer.contains(message), "{body}: {answer}");
    }
    let (status, _) = wire.control("PUT", Some("Bearer secret"), &"x".repeat(100_000));
    assert_eq!(status, 413);
}
