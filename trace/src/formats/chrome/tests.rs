use super::*;
use crate::formats::{Format, Losses, detect};
use crate::model::{Attribute, Link, Span, Value};

const FOREIGN: &str = include_str!("../../../tests/samples/chrome.json");

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).expect(name)
}

#[test]
fn every_phase_of_another_programs_file_is_read() {
    assert_eq!(detect(FOREIGN.as_bytes()), Some(Format::Chrome));
    let spans = read(FOREIGN.as_bytes()).expect("a good file");
    assert_eq!(spans.len(), 6);
    let (frame, layout, task) = (
        named(&spans, "frame"),
        named(&spans, "layout"),
        named(&spans, "task"),
    );
    assert_eq!((frame.service(), frame.scope.name.as_str()), ("renderer", "ui"));
    assert_eq!((frame.start_unix_ns, frame.end_unix_ns), (100_000, 200_000));
    assert_eq!(frame.attribute("thread.name"), Some(&Value::from("main")));
    assert_eq!(
        frame.attribute("dropped"),
        Some(&Value::Bool(false)),
        "the end has arguments too"
    );
    assert_eq!((layout.start_unix_ns, layout.duration_ns()), (110_500, 20_250));
    assert_eq!(layout.parent(), Some(frame.span_id));
    assert_eq!(layout.events[0].name, "dirty");
    assert_eq!(layout.events[0].attributes, [Attribute::new("why", "resize")]);
    assert_eq!(
        task.links,
        [Link {
            trace_id: Some(task.trace_id),
            span_id: Some(layout.span_id),
            attributes: vec![Attribute::new("flow.name", "post")],
            ..Link::default()
        }]
    );
    assert_eq!(
        frame.events[0].name, "heap",
        "a counter with no thread is the process' first span's"
    );
    let (fetch, body) = (named(&spans, "fetch"), named(&spans, "body"));
    assert_eq!((fetch.parent(), body.parent()), (None, Some(fetch.span_id)));
    assert_eq!(
        (fetch.events[0].name.as_str(), fetch.duration_ns()),
        ("headers", 60_000)
    );
    let cut = named(&spans, "cut off");
    assert_eq!(cut.attribute("chrome.unfinished"), Some(&Value::Bool(true)));
    assert_eq!(cut.end_unix_ns, 200_000);
}

#[test]
fn the_list_alone_is_read_with_and_without_its_end() {
    let whole = read(FOREIGN.as_bytes()).expect("a good file");
    let list = &FOREIGN[FOREIGN.find('[').expect("a list")..=FOREIGN.rfind(']').expect("its end")];
    assert_eq!(detect(list.as_bytes()), Some(Format::Chrome));
    for list in [
        list.to_owned(),
        list.replace("\n  ]", ","),
        list.replace("\n  ]", ""),
        list.replace("\n  ]", ",{}]"),
    ] {
        let spans = read(list.as_bytes()).expect("a list");
        assert_eq!(spans.len(), whole.len());
        assert_eq!(spans[0].name, whole[0].name);
    }
}

#[test]
fn what_it_writes_is_what_it_read() {
    let spans = read(FOREIGN.as_bytes()).expect("a good file");
    let mut losses = Losses::default();
    let json = write(&spans, &mut losses);
    assert_eq!(losses.to_string(), "");
    assert_eq!(read(&json).expect("our own"), spans);
    let text = String::from_utf8_lossy(&json);
    assert!(
        text.contains(r#""ph":"s""#) && text.contains(r#""ph":"f""#),
        "the link is an arrow: {text}"
    );
    serde_json::from_slice::<serde_json::Value>(&json).expect("JSON");
}

#[test]
fn nonsense_is_an_error_and_says_where() {
    let error = |json: &str| read(json.as_bytes()).expect_err(json).to_string();
    assert_eq!(
        error("[{\"ph\":\"X\"} {}]"),
        "read as chrome: item 1: followed by neither a comma nor the end of the list"
    );
    assert_eq!(
        error("[{\"ph\":\"X\",\"ts\":\"soon\"}]"),
        "read as chrome: item 1: `ts` is not a number of microseconds"
    );
    assert_eq!(error("{}"), "read as chrome: no list `traceEvents`");
    assert!(error("[{\"ph\":\"B\"},{\"ph\":").contains("item 2: not a whole JSON value"));
    for json in ["", "1", "[1]", "{\"traceEvents\":1}", "[[]]", "[{\"ph\":1}]"] {
        assert!(read(json.as_bytes()).is_err(), "{json}");
    }
    assert_eq!(read(b"[]").expect("no event").len(), 0);
}

#[test]
fn a_hundred_thousand_slices_within_one_another_are_read() {
    let mut json = "[".to_owned();
    for at in 0..100_000_u32 {
        json.push_str(&format!(
            "{{\"ph\":\"B\",\"ts\":{at},\"pid\":1,\"tid\":1,\"name\":\"n\"}},\n"
        ));
    }
    let spans = read(json.as_bytes()).expect("good");
    assert_eq!(spans[99_999].parent(), Some(spans[99_998].span_id));
}
