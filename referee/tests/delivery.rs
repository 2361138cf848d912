//! Events reach a listener, survive one that is late or busy, and are counted when they are lost.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an error is to fail, there and then"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use faults::catalogue;
use faults::truth::{Applied, Role};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;
use referee::Referee;
use referee::batch::Batch;
use referee::event::decode_request;

const PATIENCE: Duration = Duration::from_secs(5);

/// What the listener was sent.
struct Export {
    authorization: String,
    batch: String,
    events: Vec<Applied>,
}

/// Listens and answers with these statuses in turn, the last one for ever.
fn listen(statuses: &'static [u16]) -> (SocketAddr, Receiver<Export>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut answered = 0;
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            while let Some(export) = read_export(&mut stream) {
                let status = statuses[answered.min(statuses.len() - 1)];
                answered += 1;
                write!(
                    stream.get_mut(),
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"
                )
                .unwrap();
                if sender.send(export).is_err() {
                    return;
                }
            }
        }
    });
    (address, receiver)
}

fn read_export(stream: &mut impl BufRead) -> Option<Export> {
    let (mut length, mut authorization, mut batch) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(("authorization", value)) => authorization = value.to_owned(),
            Some(("idempotency-key", value)) => batch = value.to_owned(),
            None if line.is_empty() => break,
            None => assert_eq!(line, "POST /v1/logs HTTP/1.1"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let request = ExportLogsServiceRequest::decode(body.as_slice()).unwrap();
    Some(Export {
        authorization,
        batch,
        events: decode_request(&request).map(Result::unwrap).collect(),
    })
}

fn applied(sequence: u64) -> Applied {
    Applied {
        trace_id: [1; 16],
        span_ids: vec![[2; 8]],
        sequence: Some(sequence),
        fault: catalogue::FAULTS[0].name,
        at: "orders.list-orders".to_owned(),
        role: Role::Culprit,
        effect: 3.5,
        at_unix_ns: 4,
    }
}

#[test]
fn events_arrive_in_order_with_the_token() {
    let (address, exports) = listen(&[200]);
    let referee = Referee::start(&format!("http://{address}"), "secret", "orders");
    for sequence in 0..20_000 {
        referee.send(applied(sequence));
    }
    assert_eq!(referee.shutdown(PATIENCE), 0);
    let mut expected = 0;
    for export in exports.try_iter() {
        assert_eq!(export.authorization, "Bearer secret");
        for event in export.events {
            assert_eq!(event, applied(expected));
            expected += 1;
        }
    }
    assert_eq!(expected, 20_000);
}

#[test]
fn an_event_alone_leaves_without_a_shutdown() {
    let (address, exports) = listen(&[200]);
    let referee = Referee::start(&format!("http://{address}"), "secret", "orders");
    referee.send(applied(1));
    assert_eq!(exports.recv_timeout(PATIENCE).unwrap().events, [applied(1)]);
}

#[test]
fn a_busy_referee_is_asked_again() {
    let (address, exports) = listen(&[503, 429, 200]);
    let referee = Referee::start(&format!("http://{address}"), "secret", "orders");
    referee.send(applied(1));
    for _ in 0..3 {
        assert_eq!(exports.recv_timeout(PATIENCE).unwrap().events, [applied(1)]);
    }
    assert_eq!(referee.shutdown(PATIENCE), 0);
}

#[test]
fn a_batch_that_is_sent_again_says_so_and_the_next_is_another() {
    let (address, exports) = listen(&[503, 200]);
    let referee = Referee::start(&format!("http://{address}"), "secret", "orders");
    let next = || {
        exports
            .recv_timeout(PATIENCE)
            .unwrap()
            .batch
            .parse::<Batch>()
            .unwrap()
    };
    referee.send(applied(1));
    let (first, again) = (next(), next());
    assert_eq!(first, again);
    referee.send(applied(2));
    let second = next();
    assert_eq!((second.sender, second.number), (first.sender, first.number + 1));
}

#[test]
fn what_is_refused_is_lost_and_counted() {
    let (address, exports) = listen(&[401]);
    let referee = Referee::start(&format!("http://{address}"), "wrong", "orders");
    referee.send(applied(1));
    exports.recv_timeout(PATIENCE).unwrap();
    assert_eq!(referee.shutdown(PATIENCE), 1);
    referee.send(applied(2));
    assert_eq!(referee.lost(), 2, "what comes after the shutdown is lost as well");
}

#[test]
fn a_shutdown_ends_in_time_when_nobody_listens() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let referee = Referee::start(&format!("http://{unused}"), "secret", "orders");
    referee.send(applied(1));
    referee.send(applied(2));
    assert_eq!(referee.shutdown(Duration::from_millis(100)), 2);
    Referee::none().send(applied(3));
    assert_eq!(Referee::none().shutdown(PATIENCE), 0);
}
