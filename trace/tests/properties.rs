//! What holds of every trace, however broken.

use proptest::prelude::*;
use trace::critical_path::{critical_path, time_on_path};
use trace::otlp::{decode::Decoder, encode, json};
use trace::{
    Attribute, Kind, Span, SpanId, Status, StatusCode, Summary, TraceId, Tree, Value, self_time, waterfall,
};

/// Few ids and near times, so that rings, duplicates and overlaps come about.
fn spans() -> impl Strategy<Value = Vec<Span>> {
    let time = prop_oneof![8 => 1_000_u64..1_100, 1 => Just(0), 1 => Just(u64::MAX)];
    let span = (1_u8..12, 0_u8..14, time.clone(), time, 0..6, 0_usize..3, 0..3).prop_map(
        |(id, parent, start, end, kind, name, status)| Span {
            trace_id: TraceId([1; 16]),
            span_id: SpanId([id; 8]),
            parent_span_id: (parent > 0).then_some(SpanId([parent; 8])),
            start_unix_ns: start,
            end_unix_ns: end,
            kind: Kind(kind),
            name: ["GET", "SELECT", "BEGIN"][name].to_owned(),
            status: Status {
                code: StatusCode(status),
                message: String::new(),
            },
            ..Span::default()
        },
    );
    proptest::collection::vec(span, 0..40)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Empty),
        any::<String>().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        // NaN has many forms and JSON one name for all of them.
        any::<f64>().prop_map(|number| Value::Double(if number.is_nan() { f64::NAN } else { number })),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let entry = (any::<String>(), inner.clone()).prop_map(|(key, value)| Attribute { key, value });
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
            proptest::collection::vec(entry, 0..4).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn every_span_is_in_the_tree_once_or_is_a_duplicate(spans in spans()) {
        let tree = Tree::of(&spans);
        let mut seen: Vec<_> = tree.depth_first().collect();
        let duplicates =
            (0..spans.len()).filter(|it| matches!(tree.standing(*it), trace::tree::Standing::Duplicate(_)));
        seen.extend(duplicates);
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..spans.len()).collect::<Vec<_>>());
    }

    #[test]
    fn self_time_is_never_more_than_the_duration(spans in spans()) {
        let times = self_time::self_times(&Tree::of(&spans));
        for (span, time) in spans.iter().zip(times) {
            prop_assert!(time <= span.duration_ns());
        }
    }

    #[test]
    fn the_critical_path_covers_its_root_without_gap_or_overlap(spans in spans()) {
        let tree = Tree::of(&spans);
        for root in tree.roots() {
            let path = critical_path(&tree, *root);
            let mut at = spans[*root].start_unix_ns;
            for segment in &path {
                prop_assert_eq!(segment.start_unix_ns, at);
                prop_assert!(segment.end_unix_ns > at);
                prop_assert!(segment.start_unix_ns >= spans[segment.span].start_unix_ns);
                prop_assert!(segment.end_unix_ns <= spans[segment.span].end_unix_ns);
                at = segment.end_unix_ns;
            }
            let sum: u64 = time_on_path(&tree, &path).iter().sum();
            prop_assert_eq!(sum, spans[*root].duration_ns());
        }
    }

    #[test]
    fn the_drawing_is_as_wide_as_asked_and_shows_every_span(spans in spans(), width in 60_usize..200, ascii: bool) {
        let tree = Tree::of(&spans);
        let options = waterfall::Options { width, ascii, ..Default::default() };
        let lines = waterfall::draw(&tree, &options).lines;
        prop_assert_eq!(lines.iter().map(|line| line.members.len()).sum::<usize>(), tree.depth_first().count());
        for line in lines.iter().filter(|line| !line.members.is_empty()) {
            prop_assert_eq!(line.pieces.iter().map(|it| it.text.chars().count()).sum::<usize>(), width);
            prop_assert!(!ascii || line.to_string().is_ascii());
        }
        prop_assert_eq!(Summary::of(&tree).is_some(), !spans.is_empty());
    }

    #[test]
    fn otlp_comes_back_as_it_went(spans in spans(), values in proptest::collection::vec(value(), 0..4)) {
        let mut spans = spans;
        for (span, value) in spans.iter_mut().zip(values) {
            span.attributes.push(Attribute { key: "key".into(), value });
        }
        let groups = encode::resource_spans(&spans);
        let mut text = Vec::new();
        json::write(&groups, &mut text);
        prop_assert!(!text.contains(&b'\n'));
        let mut decoder = Decoder::new();
        let through_json = decoder.decode(json::read(&text).expect("our own"));
        let through_protobuf = decoder.decode(groups);
        for decoded in [through_json, through_protobuf] {
            prop_assert_eq!(decoded.refused.len(), 0);
            let mut sorted = decoded.spans;
            let mut expected = spans.clone();
            // Grouping by resource may change the order of spans, not the spans.
            for list in [&mut sorted, &mut expected] {
                list.sort_by_key(|span| format!("{span:?}"));
            }
            prop_assert_eq!(sorted, expected);
        }
    }
}
