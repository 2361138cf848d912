//! What each reader promises for any bytes at all: no panic, no endless loop, and of what it accepts, that writing and
//! reading it again gives the same.
//!
//! `trace/tests/fuzz.rs` includes this file too, so that ordinary tests try the corpus and mutations of it on stable.

use trace::critical_path::{critical_path, time_on_path};
use trace::formats::{Format, Losses, detect, read, write};
use trace::{Attribute, Span, Summary, Tree};

/// A target's name, which is its corpus' folder, and what it tries.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("otlp_protobuf", otlp_protobuf),
    ("otlp_json", otlp_json),
    ("otlp_lines", otlp_lines),
    ("jaeger", jaeger),
    ("jaeger_thrift", jaeger_thrift),
    ("zipkin", zipkin),
    ("zipkin_protobuf", zipkin_protobuf),
    ("zipkin_v1", zipkin_v1),
    ("zipkin_thrift", zipkin_thrift),
    ("chrome", chrome),
    ("xray", xray),
    ("xray_packet", xray_packet),
    ("any_file", any_file),
    ("traceql", traceql),
];

/// What going over a request accepts, decoding accepts, with the same spans and refusals.
pub fn otlp_protobuf(bytes: &[u8]) {
    use trace::formats::unpack::is_packed;
    use trace::otlp::decode::Decoder;
    use trace::otlp::scan::scan;
    let Ok(groups) = scan(bytes) else {
        // Files are unpacked first; a receiver is told how a body is packed.
        assert!(is_packed(bytes) || read(Format::OtlpProtobuf, bytes).is_err());
        return;
    };
    let scanned: Vec<_> = groups.iter().flat_map(|group| &group.spans).collect();
    let good = scanned.iter().filter(|span| span.head.is_ok()).count();
    let request = <trace::otlp::proto::ExportTraceServiceRequest as prost::Message>::decode(bytes)
        .expect("what was gone over can be decoded");
    let decoded = Decoder::new().decode(request.resource_spans);
    assert_eq!(
        (decoded.spans.len(), decoded.refused.len()),
        (good, scanned.len() - good)
    );
    let accepted = scanned
        .iter()
        .filter_map(|it| Some((it.bytes, it.head.as_ref().ok()?)));
    for ((bytes, head), span) in accepted.zip(&decoded.spans) {
        says_the_same(bytes, head, span);
    }
    same_again(Format::OtlpProtobuf, &decoded.spans);
    look_at(&decoded.spans);
}

/// What is known of a span without decoding it is what decoding brings.
fn says_the_same(bytes: &[u8], head: &trace::otlp::scan::Head<'_>, span: &Span) {
    use trace::otlp::scan::fields::Fields;
    assert_eq!((head.trace_id, head.span_id), (span.trace_id, span.span_id));
    assert_eq!((head.name, head.kind), (span.name.as_str(), span.kind.0));
    assert_eq!(
        (head.start_unix_ns, head.end_unix_ns),
        (span.start_unix_ns, span.end_unix_ns)
    );
    let name = &bytes[head.name_offset..][..head.name.len()];
    assert_eq!(name, head.name.as_bytes());
    for attribute in &span.attributes {
        assert_ne!(head.key_bits & trace::view::key_bit(attribute.key.as_bytes()), 0);
    }
    if let Some(offset) = head.attributes_offset {
        let fields = Fields::new(&bytes[offset..]).map_while(Result::ok);
        let run = fields.take_while(|field| field.number == 9).count();
        let all = (run, 0, 0);
        assert_eq!(all, (span.attributes.len(), span.events.len(), span.links.len()));
    }
}

/// OTLP's JSON.
pub fn otlp_json(bytes: &[u8]) {
    reader(Format::OtlpJson, Format::OtlpJson, bytes);
}

/// OTLP's JSON lines.
pub fn otlp_lines(bytes: &[u8]) {
    reader(Format::OtlpJsonLines, Format::OtlpJsonLines, bytes);
}

/// Jaeger's JSON.
pub fn jaeger(bytes: &[u8]) {
    reader(Format::Jaeger, Format::Jaeger, bytes);
}

/// Jaeger's batches in Thrift: posted ones, and packets in both encodings.
pub fn jaeger_thrift(bytes: &[u8]) {
    use trace::formats::jaeger::thrift::{batch, packet};
    use trace::formats::thrift::Encoding;
    let read = [
        batch(bytes, Encoding::Binary),
        packet(bytes, Encoding::Binary),
        packet(bytes, Encoding::Compact),
    ];
    read.into_iter().flatten().for_each(arrived);
}

/// Zipkin's v2 JSON.
pub fn zipkin(bytes: &[u8]) {
    reader(Format::Zipkin, Format::Zipkin, bytes);
}

/// Zipkin's v2 in protobuf.
pub fn zipkin_protobuf(bytes: &[u8]) {
    if let Ok(spans) = trace::formats::zipkin::proto::read_each(bytes) {
        arrived(spans.into_iter().flatten().collect());
    }
}

/// Zipkin's v1 in Thrift.
pub fn zipkin_thrift(bytes: &[u8]) {
    if let Ok(spans) = trace::formats::zipkin::thrift::read(bytes) {
        arrived(spans);
    }
}

/// Zipkin's v1 JSON, which is written as v2.
pub fn zipkin_v1(bytes: &[u8]) {
    reader(Format::ZipkinV1, Format::Zipkin, bytes);
}

/// Chrome's trace events.
pub fn chrome(bytes: &[u8]) {
    reader(Format::Chrome, Format::Chrome, bytes);
}

/// X-Ray's segment documents.
pub fn xray(bytes: &[u8]) {
    reader(Format::Xray, Format::Xray, bytes);
}

/// A packet to X-Ray's daemon.
pub fn xray_packet(bytes: &[u8]) {
    if let Ok(spans) = trace::formats::xray::read_packet(bytes) {
        arrived(spans.into_iter().flatten().collect());
    }
}

/// What came by another protocol is OTLP from then on; spans without ids are left to whoever counts them.
fn arrived(mut spans: Vec<Span>) {
    spans.retain(|span| span.trace_id.is_valid() && span.span_id.is_valid());
    same_again(Format::OtlpProtobuf, &spans);
    look_at(&spans);
}

/// Whatever it is seen as, it is read as, and what a trace is asked afterwards can be asked.
pub fn any_file(bytes: &[u8]) {
    // What small files unpack to is tried elsewhere; here it would only be slow.
    if trace::formats::unpack::is_packed(bytes) {
        let _ = trace::formats::unpack::unpack(bytes, 1 << 20);
        let _ = detect(bytes);
        return;
    }
    if let Some(Ok(spans)) = detect(bytes).map(|format| read(format, bytes)) {
        look_at(&spans);
        for format in Format::all().filter(|format| format.is_written()) {
            write(format, &spans, &mut Losses::default());
        }
    }
}

/// A query means the same after it was printed and read again, and never takes a small trace long.
pub fn traceql(bytes: &[u8]) {
    use trace::traceql::Query;
    use trace::view::ModelTrace;
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(query) = Query::parse(text) else { return };
    let printed = query.to_string();
    let again =
        Query::parse(&printed).unwrap_or_else(|error| panic!("{text:?} is printed as {printed:?}: {error}"));
    let spans = few_spans();
    let trace = ModelTrace(&spans);
    assert_eq!(query.matches(&trace), query.evaluate(&trace).is_some(), "{text}");
    assert_eq!(
        query.matches(&trace),
        again.matches(&trace),
        "{text} is printed as {printed}"
    );
    query.needles();
    query.shown_fields();
}

/// A root that is an error, and two calls below it.
fn few_spans() -> Vec<Span> {
    let span = |id: u8, parent: Option<u8>, name: &str, status| Span {
        trace_id: trace::TraceId([1; 16]),
        span_id: trace::SpanId([id; 8]),
        parent_span_id: parent.map(|id| trace::SpanId([id; 8])),
        name: name.to_owned(),
        start_unix_ns: u64::from(id) * 1_000_000,
        end_unix_ns: 10_000_000 - u64::from(id) * 1_000_000,
        attributes: vec![Attribute::new("n", i64::from(id)), Attribute::new("name", name)],
        status: trace::Status {
            code: trace::StatusCode(status),
            message: String::new(),
        },
        ..Span::default()
    };
    vec![
        span(1, None, "GET", 2),
        span(2, Some(1), "SELECT", 0),
        span(3, Some(1), "SELECT", 1),
    ]
}

fn reader(format: Format, written: Format, bytes: &[u8]) {
    // Compressed input is the same once it is unpacked, and only slower.
    if trace::formats::unpack::is_packed(bytes) {
        return;
    }
    if let Ok(spans) = read(format, bytes) {
        same_again(written, &spans);
        look_at(&spans);
    }
}

/// What was written is read again, every span of it, and a second round changes nothing any more.
fn same_again(format: Format, spans: &[Span]) {
    let once = again(format, spans);
    assert_eq!(once.len(), spans.len());
    let twice = again(format, &once);
    assert_eq!(ordered(once), ordered(twice));
}

fn again(format: Format, spans: &[Span]) -> Vec<Span> {
    let bytes = write(format, spans, &mut Losses::default());
    match read(format, &bytes) {
        Ok(spans) => spans,
        Err(error) => panic!(
            "{format} does not read what it wrote: {error}: {}",
            String::from_utf8_lossy(&bytes)
        ),
    }
}

/// Orders mean nothing: neither of spans nor of attributes with different keys.
fn ordered(mut spans: Vec<Span>) -> Vec<String> {
    let sort = |attributes: &mut Vec<Attribute>| attributes.sort_by(|one, two| one.key.cmp(&two.key));
    for span in &mut spans {
        sort(&mut span.attributes);
        sort(&mut std::sync::Arc::make_mut(&mut span.resource).attributes);
    }
    let mut spans: Vec<String> = spans.iter().map(|span| format!("{span:?}")).collect();
    spans.sort();
    spans
}

/// What a trace is asked: the tree, its critical path, self times.
fn look_at(spans: &[Span]) {
    let tree = Tree::of(spans);
    tree.irregularities();
    let _ = Summary::of(&tree);
    let own = trace::self_time::self_times(&tree);
    for (span, own) in spans.iter().zip(own) {
        assert!(own <= span.duration_ns());
    }
    if let Some(root) = tree.root() {
        let path = critical_path(&tree, root);
        assert_eq!(
            time_on_path(&tree, &path).iter().sum::<u64>(),
            spans[root].duration_ns()
        );
    }
    trace::fold::fold(&tree, trace::fold::Options::default());
    let mut cohort = trace::cohort::Cohort::default();
    cohort.add(&tree);
    cohort.operations();
}
