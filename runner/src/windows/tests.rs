//! Set, cleared, missed and prevented, by a part that answers, refuses or is gone.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::put;

use super::*;

fn entry(from: u64, until: u64, part: Part) -> Entry {
    let rule = FaultRule {
        fault: "network-latency".into(),
        at: "orders->database".into(),
        parameters: [("delay".to_owned(), "5ms".to_owned())].into(),
        share: 1.0,
        journey: None,
        user: None,
        from: Duration::from_millis(from),
        until: Some(Duration::from_millis(until)),
    };
    Entry {
        fault: "network-latency",
        until: Duration::from_millis(until),
        part,
        rule,
        state: State::Ahead,
    }
}

/// A control endpoint that notes how many faults it is asked to set, and answers with that status.
async fn endpoint(status: StatusCode) -> (Part, Arc<Mutex<Vec<usize>>>) {
    let counts: Arc<Mutex<Vec<usize>>> = Arc::default();
    let seen = counts.clone();
    let take = move |axum::Json(body): axum::Json<Value>| async move {
        let count = body["faults"].as_array().map_or(0, Vec::len);
        seen.lock().unwrap().push(count);
        status
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/control/faults", put(take));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (
        Part {
            name: "wire",
            address,
        },
        counts,
    )
}

fn timeline(entries: Vec<Entry>) -> Timeline {
    Timeline {
        start: Instant::now(),
        entries,
        control: Control::new("secret").unwrap(),
        restart: mpsc::unbounded_channel().0,
        told: Told::default(),
    }
}

#[tokio::test]
async fn windows_that_overlap_are_set_and_cleared_in_order() {
    let (part, counts) = endpoint(StatusCode::NO_CONTENT).await;
    let (_keep, stopped) = oneshot::channel();
    let windows = timeline(vec![entry(1, 4, part), entry(2, 3, part)])
        .follow(stopped)
        .await;
    assert_eq!(*counts.lock().unwrap(), [1, 2, 1, 0]);
    for window in windows {
        let WindowOutcome::Applied { set, cleared, .. } = window.outcome else {
            panic!("{window:?}")
        };
        assert!(
            set >= window.from && cleared >= window.until,
            "{set:?} {cleared:?}"
        );
    }
}

#[tokio::test]
async fn what_is_set_when_a_run_is_stopped_is_cleared_and_what_was_ahead_was_prevented() {
    let (part, counts) = endpoint(StatusCode::NO_CONTENT).await;
    let (stop, stopped) = oneshot::channel();
    let hour = 3_600_000;
    let task =
        tokio::spawn(timeline(vec![entry(0, hour, part), entry(hour, 2 * hour, part)]).follow(stopped));
    while counts.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    let windows = task.await.unwrap();
    assert_eq!(*counts.lock().unwrap(), [1, 0]);
    assert!(windows[0].outcome.is_applied());
    assert_eq!(windows[1].outcome, WindowOutcome::Prevented("aborted".to_owned()));
}

#[tokio::test]
async fn a_part_that_refuses_makes_a_missed_window() {
    let (part, counts) = endpoint(StatusCode::BAD_REQUEST).await;
    let (_keep, stopped) = oneshot::channel();
    let windows = timeline(vec![entry(0, 1, part)]).follow(stopped).await;
    assert_eq!(windows[0].outcome, WindowOutcome::Missed);
    assert_eq!(counts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_part_that_is_gone_before_it_answers_has_crashed_if_it_was_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    let part = Part {
        name: "catalog",
        address,
    };
    for (fault, is_applied) in [(CRASH.name, true), ("hang", false)] {
        let mut due = entry(0, 1, part);
        due.fault = fault;
        let (_keep, stopped) = oneshot::channel();
        let windows = timeline(vec![due]).follow(stopped).await;
        assert_eq!(windows[0].outcome.is_applied(), is_applied, "{fault}");
    }
}
