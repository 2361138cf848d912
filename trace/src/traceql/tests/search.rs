//! What searches find.

use super::fixture::{broken, checkout, found};
use crate::model::Span;
use crate::traceql::syntax::Literal;
use crate::traceql::{Place, Query};
use crate::view::ModelTrace;

fn check(spans: &[Span], answers: &[(&str, &[usize])]) {
    for (query, expected) in answers {
        assert_eq!(found(spans, query), *expected, "{query}");
    }
}

const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6];

#[test]
fn intrinsics() {
    check(
        &checkout(),
        &[
            ("{ }", ALL),
            ("{ true }", ALL),
            ("{ false }", &[]),
            ("{ name = \"SELECT stock\" }", &[3, 4]),
            ("{ span:name =~ `SELECT.*` }", &[3, 4]),
            ("{ name =~ \"SELECT\" }", &[]),
            ("{ name !~ \"SELECT.*|INSERT.*\" }", &[0, 1, 2, 6]),
            ("{ name > \"SELECT\" && name < \"b\" }", &[3, 4]),
            ("{ duration > 700ms }", &[0, 1]),
            ("{ span:duration >= 0.7s }", &[0, 1, 2]),
            ("{ duration > 700000000 }", &[0, 1]),
            ("{ 700ms < duration }", &[0, 1]),
            ("{ duration > 350ms * 2 }", &[0, 1]),
            ("{ status = error }", &[2]),
            ("{ status != error }", &[0, 1, 3, 4, 5, 6]),
            ("{ span:statusMessage = \"boom\" }", &[2]),
            ("{ kind = client }", &[1, 3, 4, 5]),
            ("{ kind != client && kind != server }", &[6]),
            ("{ instrumentation:name = \"sql\" }", &[2, 3, 4, 5]),
            ("{ instrumentation:version = \"1.0\" }", &[0, 1, 6]),
            ("{ trace:duration = 1s }", ALL),
            ("{ traceDuration > 1s }", &[]),
            ("{ trace:rootName = \"GET /checkout\" }", ALL),
            ("{ rootServiceName = \"orders\" }", &[]),
            ("{ trace:id = \"abababababababababababababababab\" }", ALL),
            ("{ span:id = \"0000000000000004\" }", &[3]),
            ("{ span:parentID =~ \".*3\" }", &[3, 4, 5]),
            ("{ span:parentID = \"\" }", &[0]),
            ("{ span:childCount = 3 }", &[2]),
            ("{ childCount = 0 }", &[3, 4, 5, 6]),
            ("{ nestedSetLeft = 12 }", &[6]),
            ("{ nestedSetRight = 10 }", &[2]),
            ("{ nestedSetParent = 3 }", &[3, 4, 5]),
            ("{ nestedSetParent < 0 }", &[0]),
            ("{ parent = nil }", &[0]),
            ("{ parent != nil }", &[1, 2, 3, 4, 5, 6]),
        ],
    );
}

#[test]
fn attributes() {
    check(
        &checkout(),
        &[
            ("{ span.http.status_code = 200 }", &[0]),
            // What is absent differs from nothing, and what is of another type neither.
            ("{ .http.status_code != 200 }", &[2]),
            ("{ .http.status_code = \"200\" }", &[]),
            ("{ .http.status_code != \"200\" }", &[]),
            ("{ .http.status_code !~ \"5..\" }", &[]),
            ("{ !(.http.status_code = 200) }", &[1, 2, 3, 4, 5, 6]),
            ("{ .http.status_code >= 200.5 }", &[2]),
            ("{ .http.status_code = 200.0 }", &[0]),
            ("{ span.db.ratio = 0.5 }", &[5]),
            ("{ span.db.ratio < 1 }", &[5]),
            ("{ resource.service.name = \"gateway\" }", &[0, 1, 6]),
            ("{ .service.name = \"gateway\" }", &[0, 1, 6]),
            ("{ span.service.name = \"gateway\" }", &[]),
            ("{ resource.env = \"prod\" }", ALL),
            ("{ instrumentation.lib = \"x\" }", &[2, 3, 4, 5]),
            ("{ .lib = \"x\" }", &[2, 3, 4, 5]),
            ("{ span.\"a b\" = 1 }", &[6]),
            ("{ span.cached }", &[5]),
            ("{ !span.cached }", &[]),
            ("{ span.cached = true }", &[5]),
            ("{ span.cached != false }", &[5]),
            ("{ span.nothing = nil }", ALL),
            ("{ span.cached != nil }", &[5]),
            ("{ nil != span.blob }", &[5]),
            ("{ span.blob = 1 }", &[]),
            ("{ span.empty != nil }", &[]),
            ("{ nil = nil }", &[]),
            ("{ parent.http.status_code = 500 }", &[3, 4, 5]),
            (
                "{ parent.resource.service.name = \"gateway\" && resource.service.name = \"orders\" }",
                &[2],
            ),
            ("{ parent.span.http.method = \"GET\" }", &[1, 6]),
            ("{ parent.span.service.name = \"gateway\" }", &[]),
        ],
    );
}

#[test]
fn arrays_match_and_differ_if_any_value_does() {
    check(
        &checkout(),
        &[
            ("{ span.tags = \"a\" }", &[5]),
            ("{ \"b\" = span.tags }", &[5]),
            ("{ span.tags = \"c\" }", &[]),
            ("{ span.tags != \"a\" }", &[5]),
            ("{ span.tags != \"c\" }", &[5]),
            ("{ span.tags =~ \"b|c\" }", &[5]),
            ("{ span.tags !~ \"b\" }", &[5]),
            ("{ span.tags !~ \"c\" }", &[5]),
            ("{ span.tags > \"a\" }", &[5]),
            ("{ span.mixed = 7 }", &[5]),
            ("{ span.mixed != 8 }", &[5]),
            ("{ span.tags = span.tags }", &[]),
        ],
    );
}

#[test]
fn events_and_links_match_if_any_of_them_does() {
    check(
        &checkout(),
        &[
            ("{ event:name = \"exception\" }", &[2]),
            ("{ event:name = \"retry\" }", &[2]),
            ("{ event:name != \"exception\" }", &[2]),
            ("{ event:name = nil }", &[0, 1, 3, 4, 5, 6]),
            ("{ event.exception.type =~ \"Time.*\" }", &[2]),
            ("{ event.attempt = 2 }", &[2]),
            ("{ .attempt = 2 }", &[2]),
            ("{ event:timeSinceStart > 400ms }", &[2]),
            ("{ event:timeSinceStart > 450ms }", &[]),
            ("{ event:timeSinceStart > -1s }", &[2]),
            ("{ link:traceID = \"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\" }", &[6]),
            ("{ link:spanID =~ \"0c.*\" }", &[6]),
            ("{ link.why = \"late\" }", &[6]),
            ("{ link:spanID != nil }", &[6]),
        ],
    );
}

#[test]
fn conditions_on_events_that_stand_together_are_met_by_one_event() {
    check(
        &checkout(),
        &[
            (
                "{ event:name = \"exception\" && event.exception.type = \"Timeout\" }",
                &[2],
            ),
            ("{ event:name = \"exception\" && event.attempt = 2 }", &[]),
            (
                "{ event:name = \"exception\" && (status = error && event.attempt = 2) }",
                &[],
            ),
            (
                "{ event:name = \"retry\" && event.attempt = 2 && event:timeSinceStart = 450ms }",
                &[2],
            ),
            ("{ event:name = \"retry\" && event:timeSinceStart = 350ms }", &[]),
            ("{ event:name =~ \"re.*\" && event.exception.type != nil }", &[]),
            ("{ event:name =~ \"re.*\" && event.exception.type = nil }", &[2]),
            (
                "{ event.exception.type = nil && event.attempt = nil }",
                &[0, 1, 3, 4, 5, 6],
            ),
            ("{ event.exception.type = nil && status = error }", &[]),
            (
                "{ (event:name = \"exception\" || event:name = \"x\") && event.attempt = 2 }",
                &[],
            ),
            (
                "{ (event:name = \"retry\" || event:name = \"x\") && event.attempt = 2 }",
                &[2],
            ),
            ("{ event.attempt = 2 && !(event:name = \"exception\") }", &[]),
            ("{ event:name = \"exception\" } | { event.attempt = 2 }", &[2]),
            (
                "{ link:spanID = \"0c0c0c0c0c0c0c0c\" && link.why = \"late\" }",
                &[6],
            ),
            (
                "{ link:spanID = \"0c0c0c0c0c0c0c0d\" && link.why = \"late\" }",
                &[],
            ),
            ("{ event:name = \"retry\" && link.why = \"late\" }", &[]),
        ],
    );
}

#[test]
fn arithmetic_and_precedence() {
    check(
        &checkout(),
        &[
            ("{ span.db.rows / 2 = 5 }", &[3]),
            ("{ span.db.rows / 3 = 3 }", &[3]),
            ("{ span.db.rows * 2 > 30 }", &[4]),
            ("{ span.db.rows % 20 = 0 }", &[4]),
            ("{ span.db.rows ^ 2 = 100 }", &[3]),
            ("{ -span.db.rows < -15 }", &[4]),
            ("{ span.db.rows + 0.5 = 10.5 }", &[3]),
            ("{ span.db.rows / 0 = 1 }", &[]),
            ("{ span.db.rows - 2 * 5 = 0 }", &[3]),
            ("{ (span.db.rows - 2) * 5 = 40 }", &[3]),
            ("{ span.db.rows + span.nothing = 10 }", &[]),
            ("{ 2 ^ 3 ^ 2 = 512 }", ALL),
            ("{ -2 ^ 2 = -4 }", ALL),
            ("{ span.db.rows + maxInt > 0 }", &[3, 4]),
            // `&&` and `||` bind alike, to the left.
            (
                "{ status = error || kind = client && name = \"call orders\" }",
                &[1],
            ),
            (
                "{ status = error || (kind = client && name = \"call orders\") }",
                &[1, 2],
            ),
            ("{ !(kind = client) && name != \"notify\" }", &[0, 2]),
        ],
    );
}

#[test]
fn structural_operators_give_the_right_side() {
    check(
        &checkout(),
        &[
            ("{ name = \"POST /orders\" } > { }", &[3, 4, 5]),
            ("{ kind = client } < { }", &[0, 2]),
            ("{ kind = server } >> { name =~ \"SELECT.*\" }", &[3, 4]),
            ("{ name = \"notify\" } << { }", &[0]),
            ("{ name = \"SELECT stock\" } ~ { }", &[3, 4, 5]),
            ("{ name = \"INSERT order\" } ~ { }", &[3, 4]),
            ("{ } ~ { name = \"GET /checkout\" }", &[]),
            ("{ kind = server } !> { kind = client }", &[]),
            ("{ name = \"call orders\" } !> { kind = client }", &[1, 3, 4, 5]),
            ("{ } !< { kind = client }", &[3, 4, 5]),
            ("{ status = error } !>> { }", &[0, 1, 2, 6]),
            ("{ kind = server } !<< { }", &[2, 3, 4, 5, 6]),
            ("{ name = \"notify\" } !~ { kind = client }", &[3, 4, 5]),
            ("{ false } !>> { kind = producer }", &[6]),
            ("{ name = \"POST /orders\" } &> { kind = client }", &[2, 3, 4, 5]),
            ("{ name = \"SELECT stock\" } &< { }", &[2, 3, 4]),
            ("{ kind = server } &>> { kind = producer }", &[0, 6]),
            ("{ name = \"SELECT stock\" } &<< { kind = server }", &[0, 2, 3, 4]),
            (
                "{ name = \"INSERT order\" } &~ { name = \"SELECT stock\" }",
                &[3, 4, 5],
            ),
            ("{ kind = server } > { kind = client } > { kind = server }", &[2]),
            ("{ status = error } && { kind = producer }", &[2, 6]),
            ("{ status = error } && { name = \"x\" }", &[]),
            ("{ status = error } || { name = \"x\" }", &[2]),
            (
                "{ name = \"notify\" } || { status = error } && { name = \"x\" }",
                &[],
            ),
            (
                "{ name = \"notify\" } || ({ status = error } && { name = \"x\" })",
                &[6],
            ),
        ],
    );
}

#[test]
fn pipelines() {
    check(
        &checkout(),
        &[
            ("{ kind = client } | count() = 4", &[1, 3, 4, 5]),
            ("{ kind = client } | count() > 4", &[]),
            ("{ } | sum(span.db.rows) = 30", ALL),
            ("{ } | avg(span.db.rows) = 15", ALL),
            ("{ } | min(.db.rows) = 10 | max(.db.rows) = 20", ALL),
            ("{ } | max(span.nothing) > 0", &[]),
            ("{ kind = client } | max(duration) = 800ms", &[1, 3, 4, 5]),
            (
                "{ kind = client } | sum(duration) = 1080ms | avg(duration) = 270ms",
                &[1, 3, 4, 5],
            ),
            ("{ kind = client } | min(duration) = 30ms", &[1, 3, 4, 5]),
            (
                "{ kind = client } | max(duration) - min(duration) = 770ms",
                &[1, 3, 4, 5],
            ),
            ("{ } | count() + 1 = 2 * 4", ALL),
            ("2 < count()", ALL),
            ("count() = 7 | { status = error }", &[2]),
            (
                "max(duration) >= 1s | { status = error || .http.status_code = 200 }",
                &[0, 2],
            ),
            ("{ kind = server } | { status = error }", &[2]),
            ("{ } | by(resource.service.name) | count() > 3", &[2, 3, 4, 5]),
            ("{ } | by(name) | count() = 2", &[3, 4]),
            ("{ } | by(name) | coalesce() | count() = 7", ALL),
            ("{ } | by(resource.service.name) | { kind = producer }", &[6]),
            ("{ } | by(span.db.rows > 5) | count() = 2", &[3, 4]),
            (
                "({ kind = client } | count() > 3) && { status = error }",
                &[1, 2, 3, 4, 5],
            ),
            ("({ kind = client } | count() > 4) || { status = error }", &[2]),
            ("({ kind = server } | count() = 2) > { kind = producer }", &[6]),
            (
                "{ status = error } | select(span.http.status_code, name) with(most_recent=true)",
                &[2],
            ),
        ],
    );
}

#[test]
fn what_groups_and_numbers_come_to_is_said() {
    let (spans, query) = (
        checkout(),
        Query::parse("{ } | by(resource.service.name) | count() > 3").expect("valid"),
    );
    let sets = query.evaluate(&ModelTrace(&spans)).expect("matches");
    assert_eq!(
        sets[0].values,
        [
            (
                "by(resource.service.name)".to_owned(),
                Literal::String("orders".into())
            ),
            ("count()".to_owned(), Literal::Int(4)),
        ]
    );
    let query =
        Query::parse("{ status = error } | select(.http.status_code, nestedSetLeft, .none)").expect("valid");
    let fields = query.selected_fields();
    let shown = query.show(&ModelTrace(&spans), &[2], &fields);
    let values: Vec<_> = shown[0]
        .iter()
        .map(|(field, value)| format!("{field} {value}"))
        .collect();
    assert_eq!(values, [".http.status_code 500", "nestedSetLeft 3"]);
}

#[test]
fn what_is_wrong_with_a_trace_is_dealt_with() {
    check(
        &broken(),
        &[
            ("{ }", &[0, 1, 2, 3, 4, 5, 6, 7, 9, 10]),
            ("{ } | count() = 10", &[0, 1, 2, 3, 4, 5, 6, 7, 9, 10]),
            ("{ parent = nil }", &[0, 1, 2, 4, 6]),
            ("{ name = \"orphan\" } > { }", &[3]),
            ("{ name = \"ring 1\" } > { }", &[5]),
            ("{ name = \"ring 2\" } > { }", &[]),
            ("{ } >> { }", &[3, 5, 7, 9, 10]),
            ("{ name = \"b\" } > { }", &[9]),
            ("{ name = \"twin of b\" } > { }", &[]),
            ("{ name = \"own parent\" } > { }", &[]),
            ("{ name = \"a\" } ~ { }", &[]),
            ("{ name = \"twin of b\" } ~ { }", &[10]),
            ("{ span:id = \"0000000000000002\" }", &[1, 7]),
            ("{ duration = 0ns }", &[10]),
            (
                "{ trace:duration = 20ms && trace:rootName = \"a\" && trace:rootService = \"\" }",
                &[0, 1, 2, 3, 4, 5, 6, 7, 9, 10],
            ),
            ("{ nestedSetParent = -1 }", &[0, 1, 2, 4, 6]),
        ],
    );
}

#[test]
fn a_chain_of_100_000_spans_is_asked_without_deep_recursion_or_squares() {
    let spans: Vec<_> = (0..100_000u64)
        .map(|number| Span {
            span_id: crate::SpanId((number + 1).to_be_bytes()),
            parent_span_id: Some(crate::SpanId(number.to_be_bytes())),
            start_unix_ns: number,
            end_unix_ns: 200_000,
            ..Span::default()
        })
        .collect();
    assert_eq!(found(&spans, "{ } >> { }").len(), 99_999);
    assert_eq!(found(&spans, "{ } &<< { }").len(), 100_000);
    assert_eq!(found(&spans, "{ } !<< { }"), [99_999]);
    assert_eq!(found(&spans, "{ nestedSetRight = 100001 }"), [99_999]);
}

#[test]
fn needles_are_in_every_trace_that_matches() {
    let needles = |query: &str| {
        let query = Query::parse(query).expect(query);
        query
            .needles()
            .into_iter()
            .map(|needle| (needle.place, String::from_utf8_lossy(needle.bytes).into_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        needles("{ name = \"a\" && span.b > 1 } >> { resource.c = \"d\" || .e = 1 }"),
        [(Place::Spans, "a".into()), (Place::Spans, "b".into())]
    );
    assert_eq!(
        needles("{ .a = \"b\" } !>> { resource.c = \"d\" } | count() > 1 | { event:name =~ \"x\" && .f }"),
        [
            (Place::Shared, "c".into()),
            (Place::Shared, "d".into()),
            (Place::Anywhere, "f".into()),
        ]
    );
    assert_eq!(needles("{ name = \"a\" } || { }"), []);
    assert_eq!(
        needles("{ .a = nil && !.b && span:id = \"c\" && name = \"\" }"),
        []
    );
}
