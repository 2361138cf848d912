//! Batches written by hand, byte for byte, in both encodings.

use super::*;
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Kind, StatusCode, Value};

/// A writer of the two encodings, as little of it as the tests need.
struct Writer {
    out: Vec<u8>,
    encoding: Encoding,
    last: Vec<i16>,
}

impl Writer {
    fn new(encoding: Encoding) -> Self {
        Self {
            out: Vec::new(),
            encoding,
            last: vec![0],
        }
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn zigzag(&mut self, number: i64) {
        self.varint((number << 1 ^ number >> 63) as u64);
    }

    fn head(&mut self, id: i16, binary: u8, compact: u8) {
        match self.encoding {
            Encoding::Binary => {
                self.out.push(binary);
                self.out.extend_from_slice(&id.to_be_bytes());
            }
            Encoding::Compact => {
                let last = self.last.last_mut().expect("within a struct");
                let step = id - *last;
                *last = id;
                if (1..=15).contains(&step) {
                    self.out.push((step as u8) << 4 | compact);
                } else {
                    self.out.push(compact);
                    self.zigzag(id.into());
                }
            }
        }
    }

    fn i32(&mut self, id: i16, number: i32) {
        self.head(id, 8, 5);
        match self.encoding {
            Encoding::Binary => self.out.extend_from_slice(&number.to_be_bytes()),
            Encoding::Compact => self.zigzag(number.into()),
        }
    }

    fn i64(&mut self, id: i16, number: i64) {
        self.head(id, 10, 6);
        match self.encoding {
            Encoding::Binary => self.out.extend_from_slice(&number.to_be_bytes()),
            Encoding::Compact => self.zigzag(number),
        }
    }

    fn double(&mut self, id: i16, number: f64) {
        self.head(id, 4, 7);
        match self.encoding {
            Encoding::Binary => self.out.extend_from_slice(&number.to_be_bytes()),
            Encoding::Compact => self.out.extend_from_slice(&number.to_le_bytes()),
        }
    }

    fn bool(&mut self, id: i16, truth: bool) {
        self.head(id, 2, if truth { 1 } else { 2 });
        if self.encoding == Encoding::Binary {
            self.out.push(truth.into());
        }
    }

    fn length(&mut self, length: usize) {
        match self.encoding {
            Encoding::Binary => self.out.extend_from_slice(&(length as u32).to_be_bytes()),
            Encoding::Compact => self.varint(length as u64),
        }
    }

    fn bytes(&mut self, id: i16, bytes: &[u8]) {
        self.head(id, 11, 8);
        self.length(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    fn inner(&mut self, id: i16, write: impl FnOnce(&mut Self)) {
        self.head(id, 12, 12);
        self.body(write);
    }

    fn body(&mut self, write: impl FnOnce(&mut Self)) {
        self.last.push(0);
        write(self);
        self.last.pop();
        self.out.push(0);
    }

    fn list(&mut self, id: i16, items: &[&dyn Fn(&mut Self)]) {
        self.head(id, 15, 9);
        match self.encoding {
            Encoding::Binary => {
                self.out.push(12);
                self.length(items.len());
            }
            Encoding::Compact if items.len() < 15 => self.out.push((items.len() as u8) << 4 | 12),
            Encoding::Compact => {
                self.out.push(0xfc);
                self.varint(items.len() as u64);
            }
        }
        for item in items {
            self.body(|writer| item(writer));
        }
    }

    fn tag(&mut self, key: &str, value: &Value) {
        self.bytes(1, key.as_bytes());
        match value {
            Value::String(text) => {
                self.i32(2, 0);
                self.bytes(3, text.as_bytes());
            }
            Value::Double(number) => {
                self.i32(2, 1);
                self.double(4, *number);
            }
            Value::Bool(truth) => {
                self.i32(2, 2);
                self.bool(5, *truth);
            }
            Value::Int(number) => {
                self.i32(2, 3);
                self.i64(6, *number);
            }
            Value::Bytes(bytes) => {
                self.i32(2, 4);
                self.bytes(7, bytes);
            }
            _ => unreachable!("not a tag's value"),
        }
    }
}

const TRACE: TraceId = TraceId([
    0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
]);

fn one_batch(writer: &mut Writer) {
    let [high, low] = [0xfedc_ba98_7654_3210_u64, 0x8123_4567_89ab_cdef].map(|half| half as i64);
    let text = Value::from("größer");
    let numbers = [
        Value::Double(-0.5),
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(i64::MIN),
        Value::Bytes(vec![0, 255]),
    ];
    writer.inner(1, |it| {
        it.bytes(1, b"orders");
        it.list(2, &[&|it| it.tag("hostname", &Value::from("here"))]);
    });
    let tags: [&dyn Fn(&mut Writer); 9] = [
        &|it| it.tag("s", &text),
        &|it| it.tag("d", &numbers[0]),
        &|it| it.tag("t", &numbers[1]),
        &|it| it.tag("f", &numbers[2]),
        &|it| it.tag("i", &numbers[3]),
        &|it| it.tag("b", &numbers[4]),
        &|it| it.tag("span.kind", &Value::from("client")),
        &|it| it.tag("error", &Value::Bool(true)),
        &|it| it.tag("otel.scope.name", &Value::from("a library")),
    ];
    let span = |it: &mut Writer| {
        it.i64(1, low);
        it.i64(2, high);
        it.i64(3, 1);
        it.i64(4, 2);
        it.bytes(5, b"SELECT orders");
        it.list(
            6,
            &[&|it: &mut Writer| {
                it.i32(1, 1);
                it.i64(2, 5);
                it.i64(3, 0);
                it.i64(4, 6);
            }],
        );
        it.i32(7, 1);
        it.i64(8, 1_700_000_000_000_001);
        it.i64(9, 250);
        it.list(10, &tags);
        it.list(
            11,
            &[&|it: &mut Writer| {
                it.i64(1, 1_700_000_000_000_100);
                it.list(2, &[&|it| it.tag("event", &Value::from("miss"))]);
            }],
        );
        // A field that nobody knows yet, as deep as anything may be.
        it.inner(99, |it| {
            it.inner(1, |it| {
                it.list(1, &[&|it| it.bool(1, true), &|it| it.double(2, 1.0)])
            })
        });
    };
    let bad = |it: &mut Writer| {
        for id in 1..=4 {
            it.i64(id, 0);
        }
        it.bytes(5, b"no ids");
        it.i32(7, 0);
        it.i64(8, -1);
        it.i64(9, -1);
    };
    writer.list(2, &[&span, &bad]);
    writer.i64(3, 7);
}

fn bare(encoding: Encoding) -> Vec<u8> {
    let mut writer = Writer::new(encoding);
    writer.body(one_batch);
    writer.out
}

fn call(encoding: Encoding, name: &str) -> Vec<u8> {
    let mut writer = Writer::new(encoding);
    match encoding {
        Encoding::Binary => {
            writer.out.extend_from_slice(&0x8001_0004_u32.to_be_bytes());
            writer.length(name.len());
            writer.out.extend_from_slice(name.as_bytes());
            writer.out.extend_from_slice(&7_u32.to_be_bytes());
        }
        Encoding::Compact => {
            writer.out.extend_from_slice(&[0x82, 0x81, 7]);
            writer.length(name.len());
            writer.out.extend_from_slice(name.as_bytes());
        }
    }
    writer.body(|it| it.inner(1, one_batch));
    writer.out
}

const BOTH: [Encoding; 2] = [Encoding::Binary, Encoding::Compact];

#[test]
fn a_batch_is_read_in_both_encodings() {
    for encoding in BOTH {
        let spans = batch(&bare(encoding), encoding).expect("a batch");
        assert_eq!(
            packet(&call(encoding, "emitBatch"), encoding).as_ref(),
            Ok(&spans)
        );
        let [span, bad] = &spans[..] else {
            panic!("two spans: {spans:?}")
        };
        assert_eq!(
            span.resource.attributes,
            [
                Attribute::new("service.name", "orders"),
                Attribute::new("hostname", "here")
            ]
        );
        assert_eq!(
            (span.trace_id, span.span_id),
            (TRACE, SpanId(1_u64.to_be_bytes()))
        );
        assert_eq!(span.parent(), Some(SpanId(2_u64.to_be_bytes())));
        assert_eq!(
            (span.name.as_str(), span.kind, span.flags),
            ("SELECT orders", Kind::CLIENT, 1)
        );
        assert_eq!(span.start_unix_ns, 1_700_000_000_000_001_000);
        assert_eq!(span.duration_ns(), 250_000);
        assert_eq!(
            (span.status.code, span.scope.name.as_str()),
            (StatusCode::ERROR, "a library")
        );
        for (key, value) in [
            ("s", Value::from("größer")),
            ("d", Value::Double(-0.5)),
            ("t", Value::Bool(true)),
            ("f", Value::Bool(false)),
            ("i", Value::Int(i64::MIN)),
            ("b", Value::Bytes(vec![0, 255])),
        ] {
            assert_eq!(span.attribute(key), Some(&value), "{key}");
        }
        assert_eq!(
            (span.events[0].name.as_str(), span.events[0].time_unix_ns),
            ("miss", 1_700_000_000_000_100_000)
        );
        assert_eq!(span.links.len(), 1);
        assert_eq!(span.links[0].span_id, Some(SpanId(6_u64.to_be_bytes())));
        // What has no id is left to whoever counts such.
        assert_eq!(
            (bad.trace_id, bad.start_unix_ns, bad.end_unix_ns),
            (TraceId::INVALID, 0, 0)
        );
    }
}

#[test]
fn what_is_cut_at_any_byte_or_has_more_after_it_is_refused() {
    for encoding in BOTH {
        let message = call(encoding, "emitBatch");
        for cut in 0..message.len() {
            assert!(
                packet(&message[..cut], encoding).is_err(),
                "{encoding:?} cut to {cut}"
            );
        }
        assert_eq!(
            packet(&[&message[..], b"x"].concat(), encoding),
            Err(Malformed::Trailing)
        );
        assert_eq!(
            packet(&call(encoding, "emitZipkinBatch"), encoding),
            Err(Malformed::Call)
        );
        let other = if encoding == Encoding::Binary {
            Encoding::Compact
        } else {
            Encoding::Binary
        };
        assert!(packet(&message, other).is_err());
    }
}

#[test]
fn any_byte_may_be_wrong_and_nothing_breaks() {
    for encoding in BOTH {
        let message = call(encoding, "emitBatch");
        for place in 0..message.len() {
            for value in [0, 1, 0x0f, 0x7f, 0x80, 0xff] {
                let mut message = message.clone();
                message[place] = value;
                let _ = packet(&message, encoding);
            }
        }
    }
}

#[test]
fn lengths_that_lie_and_endless_nesting_are_refused_at_once() {
    // A list of 2^31 structs, text of 4 GiB, and structs in one another without end.
    let lies: [(&[u8], Encoding, Malformed); 4] = [
        (
            &[15, 0, 2, 12, 0x7f, 0xff, 0xff, 0xff],
            Encoding::Binary,
            Malformed::Truncated,
        ),
        (
            &[0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07],
            Encoding::Compact,
            Malformed::Truncated,
        ),
        (
            &[12, 0, 1, 11, 0, 1, 0xff, 0xff, 0xff, 0xff],
            Encoding::Binary,
            Malformed::Truncated,
        ),
        (
            &[0x18, 0xff, 0xff, 0xff, 0xff, 0x0f],
            Encoding::Compact,
            Malformed::Type(1),
        ),
    ];
    for (message, encoding, error) in lies {
        assert_eq!(batch(message, encoding), Err(error), "{message:?}");
    }
    let deep = [0x9c]
        .iter()
        .chain(&[0x1c; 100_000])
        .copied()
        .collect::<Vec<u8>>();
    assert_eq!(batch(&deep, Encoding::Compact), Err(Malformed::Depth));
    let deep: Vec<u8> = std::iter::repeat_n([12, 0, 9], 100_000).flatten().collect();
    assert_eq!(batch(&deep, Encoding::Binary), Err(Malformed::Depth));
}

#[test]
fn a_message_that_becomes_too_large_in_memory_is_refused() {
    let mut writer = Writer::new(Encoding::Compact);
    let empty = |it: &mut Writer| it.tag("", &Value::from(""));
    let tags: Vec<&dyn Fn(&mut Writer)> = vec![&empty; 3_000_000];
    writer.body(|it| {
        it.inner(1, |it| {
            it.bytes(1, b"orders");
            it.list(2, &tags);
        });
    });
    assert_eq!(batch(&writer.out, Encoding::Compact), Err(Malformed::TooMany));
}
