//! Connections that break, and answers that come in every legal form.

use loadgen::Failure;

use super::*;
use crate::server::{OK, Reply, Server};

/// Answers the first request of each connection and closes on the second, without having said that it would.
fn forgetful() -> Server {
    Server::start(|request| {
        if request.on_connection == 0 {
            OK.into()
        } else {
            Reply::Last(String::new())
        }
    })
}

#[test]
fn a_request_that_meets_a_stale_connection_is_sent_once_more() {
    let server = forgetful();
    let (outcome, _) = run(arrivals(6, MS * 20, "GET"), &server.target(), Options::default());
    assert_eq!((outcome.completed, outcome.failed), (6, 0));
    assert!(outcome.retried >= 1, "{outcome:?}");
}

#[test]
fn a_request_that_must_not_be_repeated_is_not() {
    let server = forgetful();
    let (outcome, _) = run(arrivals(6, MS * 20, "POST"), &server.target(), Options::default());
    assert_eq!(outcome.retried, 0);
    assert!(
        outcome
            .failures
            .get(&Failure::Reset)
            .is_some_and(|resets| *resets == outcome.failed),
        "{outcome:?}"
    );
}

#[test]
fn a_fresh_connection_that_breaks_is_a_failure() {
    let server = Server::start(|_| Reply::Last(String::new()));
    let (outcome, _) = run(arrivals(3, MS * 5, "GET"), &server.target(), Options::default());
    assert_eq!(
        (outcome.failures, outcome.retried),
        ([(Failure::Reset, 3)].into(), 0)
    );
}

#[test]
fn a_connection_that_closes_while_it_is_free_is_replaced() {
    let server = Server::start(|_| Reply::Last(OK.to_owned()));
    let (outcome, _) = run(arrivals(5, MS * 20, "GET"), &server.target(), Options::default());
    assert_eq!(outcome.completed, 5);
    assert_eq!(server.connections(), 5);
}

#[test]
fn bodies_of_every_kind_are_read_to_their_end() {
    let answers = [
        vec![
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "lo\r\n0\r",
            "\n\r\n",
        ],
        vec!["HTTP/1.1 200 OK\r\nContent-", "Length: 5\r\n\r\n", "hello"],
        vec![
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
        ],
        vec!["HTTP/1.1 204 No Content\r\n\r\n"],
        vec!["HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"],
    ];
    let server = Server::start(move |request| {
        let pieces = &answers[request.number % answers.len()];
        Reply::Pieces(pieces.iter().map(|piece| (*piece).to_owned()).collect())
    });
    let (outcome, _) = run(arrivals(10, MS * 25, "GET"), &server.target(), Options::default());
    assert_eq!((outcome.completed, outcome.failed), (10, 0));
    assert!(server.connections() < 10, "{} connections", server.connections());
    // Until the connection closes.
    let server = Server::start(|_| Reply::Last("HTTP/1.1 200 OK\r\n\r\nall there is".to_owned()));
    let (outcome, _) = run(arrivals(3, MS, "GET"), &server.target(), Options::default());
    assert_eq!(outcome.completed, 3);
}

#[test]
fn a_body_that_the_socket_does_not_take_at_once_is_sent_whole() {
    const LENGTH: usize = 8 * 1024 * 1024;
    let server = Server::start(|request| {
        let whole = request.body.len() == LENGTH && request.body.iter().all(|byte| *byte == b'x');
        if whole {
            OK.into()
        } else {
            Reply::Last(String::new())
        }
    });
    let arrival = |number| {
        let mut request = request(number, "POST");
        request.body(vec![b'x'; LENGTH]);
        Arrival {
            at: MS * 50 * number as u32,
            request,
        }
    };
    let plan = LoadPlan::open(journeys(), (0..3).map(arrival));
    let (outcome, _) = run(plan, &server.target(), Options::default());
    assert_eq!(outcome.completed, 3, "{outcome:?}");
}
