//! The store by itself: what it holds, and what that takes.

use prost::Message as _;
use trace::otlp::encode;
use trace::otlp::scan::scan;
use trace::{Attribute, Span, SpanId, TraceId};

use super::*;

fn request(trace: u64, first: u64, spans: u64) -> Vec<u8> {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&trace.to_be_bytes());
    let spans: Vec<_> = (first..first + spans)
        .map(|span| Span {
            trace_id: TraceId(id),
            span_id: SpanId(span.to_be_bytes()),
            parent_span_id: (span > 1).then(|| SpanId((span - 1).to_be_bytes())),
            name: "SELECT order_items".into(),
            start_unix_ns: 1_700_000_000_000_000_000,
            end_unix_ns: 1_700_000_000_001_000_000,
            attributes: (0..10)
                .map(|n| Attribute::new(format!("attribute.{n}"), "a value of some length"))
                .collect(),
            ..Span::default()
        })
        .collect();
    encode::request(&spans).encode_to_vec()
}

#[test]
fn what_is_stored_takes_little_more_than_its_bytes_on_the_wire() {
    for (traces, requests) in [(2_000, 1), (20, 100)] {
        let mut store = Store::new(1 << 30);
        let mut wire = 0;
        for trace in 0..traces {
            for each in 0..requests {
                let request = request(trace, each * 10 + 1, 10);
                wire += request.len();
                store.insert(&scan(&request).expect("good"), Instant::now(), 1);
            }
        }
        let ratio = store.used_bytes() as f64 / wire as f64;
        assert!(ratio < 1.4, "{ratio}");
    }
}

#[test]
fn nothing_is_left_when_all_has_gone() {
    let mut store = Store::new(1);
    for trace in 0..100 {
        store.insert(&scan(&request(trace, 1, 50)).expect("good"), Instant::now(), 1);
    }
    assert_eq!(store.used, 0);
    assert_eq!(store.origins.heap_bytes(), 0);
    let counts = store.counts().total;
    assert_eq!(
        (counts.received, counts.evicted, counts.stored),
        (5_000, 5_000, 0)
    );
    assert_eq!((store.lost().traces, store.numbers()), (100, 100..100));
}

fn trace_counts(store: &Store, now: Instant) -> TraceCounts {
    let mut counts = TraceCounts::default();
    store
        .some(store.numbers())
        .for_each(|trace| counts.add(trace, now));
    counts
}

#[test]
fn a_reader_sees_a_trace_as_it_was_while_it_grows_and_while_it_goes() {
    let mut store = Store::new(1 << 20);
    let now = Instant::now();
    store.insert(&scan(&request(1, 1, 40)).expect("good"), now, 1);
    let read = store.some(store.numbers()).next().cloned().expect("a trace");
    store.insert(&scan(&request(1, 41, 40)).expect("good"), now, 1);
    let grown = store.trace(read.id()).expect("still here");
    assert_eq!((read.len(), grown.len()), (40, 80));
    assert_eq!(grown.position(SpanId(80u64.to_be_bytes())), Some(79));
    let used = store.used_bytes();
    drop((read, grown));
    store.insert(&scan(&request(1, 1, 80)).expect("good"), now, 1);
    assert_eq!(store.counts().total.duplicates, 80);
    assert!(store.used_bytes() <= used, "a resend takes nothing");
    store.budget = 1;
    store.insert(&scan(&request(2, 1, 1)).expect("good"), now, 1);
    assert_eq!((store.used, store.origins.heap_bytes()), (0, 0));
}

#[test]
fn spans_are_counted_by_operation_once_each_whatever_goes() {
    let mut store = Store::new(1 << 20);
    let body = request(1, 1, 30);
    for _ in 0..2 {
        store.insert(&scan(&body).expect("good"), Instant::now(), 9);
    }
    store.budget = 1;
    store.insert(&scan(&request(2, 1, 1)).expect("good"), Instant::now(), 9);
    assert_eq!(store.numbers(), 2..2);
    let series = store.metrics().series();
    assert_eq!(series.len(), 1);
    assert_eq!((&*series[0].name, series[0].count()), ("SELECT order_items", 31));
    let bucket = series[0]
        .exemplars
        .iter()
        .position(Option::is_some)
        .expect("an exemplar");
    assert!(BOUNDS_SECONDS[bucket] >= 0.001 && BOUNDS_SECONDS[bucket - 1] < 0.001);
}

/// A span's own attributes as a view tells them.
fn all_attributes(view: &impl trace::view::TraceView, span: usize) -> Vec<String> {
    let mut seen = Vec::new();
    view.each_attribute(span, trace::view::Owner::Span, &mut |key, value| {
        seen.push(format!("{key}={value:?}"));
    });
    seen
}

#[test]
fn a_view_of_what_is_stored_says_what_the_model_says() {
    use trace::view::{EventView as _, Key, LinkView as _, ModelTrace, Owner, TraceView};
    let mut request = request(1, 1, 2);
    let mut decoded = trace::otlp::proto::ExportTraceServiceRequest::decode(&request[..]).expect("good");
    let span = &mut decoded.resource_spans[1].scope_spans[0].spans[0];
    span.kind = 3;
    span.status = Some(trace::otlp::proto::Status {
        message: "no".into(),
        code: 2,
    });
    span.events.push(trace::otlp::proto::span::Event {
        name: "e".into(),
        time_unix_nano: 7,
        attributes: vec![span.attributes[0].clone()],
        ..Default::default()
    });
    span.links.push(trace::otlp::proto::span::Link {
        trace_id: vec![3; 16],
        span_id: vec![4; 8],
        ..Default::default()
    });
    request = decoded.encode_to_vec();
    let mut store = Store::new(1 << 20);
    store.insert(&scan(&request).expect("good"), Instant::now(), 1);
    let stored = store.some(store.numbers()).next().cloned().expect("a trace");
    let spans = stored.spans();
    let (model, stored) = (ModelTrace(&spans), stored.reading(&|| true));
    let key = Key::new("attribute.7");
    for at in 0..2 {
        assert_eq!(stored.name(at), model.name(at));
        assert_eq!(stored.kind(at), model.kind(at));
        assert_eq!(stored.status(at), model.status(at));
        assert_eq!(stored.status_message(at), model.status_message(at));
        assert_eq!(stored.parent_span_id(at), model.parent_span_id(at));
        assert_eq!(stored.duration_ns(at), model.duration_ns(at));
        assert_eq!(
            stored.attribute(at, Owner::Span, &key),
            model.attribute(at, Owner::Span, &key)
        );
        assert!(stored.attribute(at, Owner::Span, &key).is_some());
        assert_eq!(stored.attribute(at, Owner::Resource, &key), None);
        assert_eq!(all_attributes(&stored, at), all_attributes(&model, at));
    }
    let event = stored.events(1).next().expect("an event");
    assert_eq!((event.name(), event.time_unix_ns()), ("e", 7));
    assert!(event.attribute(&Key::new("attribute.0")).is_some());
    let link = stored.links(1).next().expect("a link");
    assert_eq!(
        (link.trace_id(), link.span_id()),
        (Some(TraceId([3; 16])), Some(SpanId([4; 8])))
    );
}

/// A field that is a message, a text or bytes.
fn message(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    prost::encoding::encode_varint(inner.len() as u64, &mut field);
    field.extend(inner);
    field
}

/// What is stored of spans of one trace, which are given as their messages.
fn store_of(spans: &[Vec<u8>]) -> Arc<TraceSpans> {
    let spans = spans.iter().flat_map(|span| message(2, span)).collect::<Vec<_>>();
    let mut store = Store::new(1 << 20);
    let inserted = store.insert(
        &scan(&message(1, &message(2, &spans))).expect("good"),
        Instant::now(),
        1,
    );
    assert_eq!(inserted.rejected, 0);
    store.some(store.numbers()).next().cloned().expect("a trace")
}

#[test]
fn attributes_written_as_nobody_writes_them_are_read_as_a_decoder_does() {
    use trace::view::{Key, ModelTrace, Owner, TraceView};
    let value = |text: &str| message(2, &message(1, text.as_bytes()));
    let key = |text: &str| message(1, text.as_bytes());
    let long = "x".repeat(100);
    let attributes = [
        [value("before its key"), key("a")].concat(),
        [key("no longer"), value("two keys"), key("b")].concat(),
        [vec![0x0a, 0x81, 0x00], b"c".to_vec(), value("a long length")].concat(),
        [key("d"), value("first"), value("last")].concat(),
        [
            key("e"),
            message(2, &[message(1, b"first"), message(1, b"last")].concat()),
        ]
        .concat(),
        [key("f"), value("plain")].concat(),
        [key("f"), value("again")].concat(),
        key("g"),
        [key(&long), value("a long key")].concat(),
        [key("h"), value("more"), vec![3 << 3, 1]].concat(),
        [key(""), value("no key")].concat(),
    ];
    let mut span = [message(1, &[1; 16]), message(2, &[2; 8])].concat();
    attributes.iter().for_each(|it| span.extend(message(9, it)));
    let stored = store_of(&[span]);
    let spans = stored.spans();
    assert_eq!(spans[0].attributes.len(), attributes.len());
    let (model, stored) = (ModelTrace(&spans), stored.reading(&|| true));
    for key in [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "h",
        "no longer",
        "",
        long.as_str(),
    ] {
        let key = Key::new(key);
        let found = stored.attribute(0, Owner::Span, &key);
        assert_eq!(found, model.attribute(0, Owner::Span, &key), "{}", key.text());
        assert_eq!(found.is_some(), key.text() != "no longer", "{}", key.text());
    }
}

#[test]
fn fields_in_any_order_are_read_as_a_decoder_does() {
    use trace::view::{Key, ModelTrace, Owner, TraceView};
    let attribute =
        |key: &str, value: &[u8]| message(9, &[message(1, key.as_bytes()), message(2, value)].concat());
    let time = |number: u8, time: u64| [&[number << 3 | 1][..], &time.to_le_bytes()].concat();
    let pieces = [
        attribute("text", &message(1, b"short")),
        attribute("number", &[3 << 3, 7]),
        attribute("long.text", &message(1, &[b'x'; 300])),
        attribute("text", &message(1, b"the second does not count")),
        message(5, b"the last name counts"),
        message(5, b"GET /"),
        vec![6 << 3, 3],
        time(7, 1_000),
        time(8, 5_000),
        message(15, &[3 << 3, 2]),
        message(15, &message(2, b"a status in two pieces")),
        message(11, &[time(1, 2_000), message(2, b"event")].concat()),
        message(13, &[message(1, &[3; 16]), message(2, &[4; 8])].concat()),
    ];
    let mut spans = Vec::new();
    for besides in [0, 1, 2] {
        let pieces = &pieces[..pieces.len() - 2 + besides];
        for first in 0..pieces.len() {
            for odd in [false, true] {
                let mut order: Vec<&[u8]> = pieces
                    .iter()
                    .cycle()
                    .skip(first)
                    .take(pieces.len())
                    .map(Vec::as_slice)
                    .collect();
                if odd {
                    // Every other one before the rest, so that the attributes are apart.
                    let (even, rest): (Vec<_>, Vec<_>) =
                        order.iter().enumerate().partition(|(at, _)| at % 2 == 0);
                    order = even.into_iter().chain(rest).map(|(_, piece)| *piece).collect();
                }
                let id = (spans.len() as u64 + 1).to_be_bytes();
                spans.push([message(1, &[1; 16]), message(2, &id), order.concat()].concat());
            }
        }
    }
    let stored = store_of(&spans);
    let decoded = stored.spans();
    let (model, stored) = (ModelTrace(&decoded), stored.reading(&|| true));
    assert_eq!(stored.span_count(), spans.len());
    for at in 0..spans.len() {
        assert_eq!(stored.name(at), model.name(at));
        assert_eq!(stored.kind(at), model.kind(at));
        assert_eq!(stored.status(at), model.status(at));
        assert_eq!(stored.status_message(at), model.status_message(at));
        assert_eq!((stored.start_unix_ns(at), stored.end_unix_ns(at)), (1_000, 5_000));
        assert_eq!(all_attributes(&stored, at), all_attributes(&model, at));
        assert_eq!(stored.events(at).count(), model.events(at).count());
        assert_eq!(stored.links(at).count(), model.links(at).count());
        for key in ["text", "number", "long.text"] {
            let key = Key::new(key);
            let found = stored.attribute(at, Owner::Span, &key);
            assert!(found.is_some());
            assert_eq!(found, model.attribute(at, Owner::Span, &key));
        }
        // Of the same length and with the same end as one that is there.
        for key in ["gext", "fumber", "absent"] {
            assert_eq!(stored.attribute(at, Owner::Span, &Key::new(key)), None);
        }
    }
}

#[test]
fn a_trace_is_complete_when_whole_and_quiet() {
    let mut store = Store::new(1 << 20);
    let start = Instant::now();
    store.insert(&scan(&request(1, 2, 40)).expect("good"), start, 7);
    let later = start + QUIET;
    assert_eq!(trace_counts(&store, later).complete, 0, "the root is missing");
    store.insert(&scan(&request(1, 1, 1)).expect("good"), start, 8);
    assert_eq!(
        (
            trace_counts(&store, start).settling,
            trace_counts(&store, later).complete
        ),
        (1, 1)
    );
    assert_eq!(store.first_stored_unix_ns(), Some(7));
}
