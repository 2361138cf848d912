//! What is read, and what is refused with which words.

use crate::traceql::{LONGEST_QUERY, Query};

/// Queries that are read, written back and read again as the same; each is of a form of its own.
const READ: &[&str] = &[
    "{}",
    "{ true } // a comment",
    "{ !true }",
    "{ 1 = 2 } /* another */",
    "{ .a }",
    "{ -.a = 2 }",
    "{ -(2 * .a) > 3 }",
    "{ (-2) * .a > 3 }",
    "{ 2 ^ (-1) = .a }",
    "{ (1 + 2) ^ .a >= 2 }",
    "{ .a - (3 - 1) < 1 }",
    "{ !(\"x\" != .c || ((true && .b) || 3 < .a)) }",
    "{ .a = true && (.b || .c) && !.d }",
    "{ .a =~ `x\\d+` || span.b !~ \"y\\\"z\" }",
    "{ .\"foo bar\" = \"v\" && span.\"a\\\\b\" = \"\\n\\u0001\" && .\"1st\" = 1 && parent.\"span.x\" = 2 }",
    "{ parent.a = 1 && parent.span.b = 2 && parent.resource.c = 3 }",
    "{ event.a = 1 && link.b = 2 && instrumentation.c = 3 && resource.d = 4 }",
    "{ name = \"a\" && duration > 1h30m && status = ok && statusMessage = \"\" && kind = consumer }",
    "{ rootName = \"a\" && rootServiceName = \"b\" && traceDuration > 1.5ms }",
    "{ trace:id = \"a\" && trace:duration > 1ns && trace:rootName = \"a\" && trace:rootService = \"b\" }",
    "{ span:id = \"a\" && span:parentID = \"b\" && span:childCount > 0 && span:kind = server }",
    "{ event:name = \"a\" && event:timeSinceStart > -5us && link:traceID = \"b\" && link:spanID = \"c\" }",
    "{ instrumentation:name = \"a\" && instrumentation:version = \"b\" }",
    "{ nestedSetLeft > 1 && nestedSetRight < 9 && nestedSetParent = -1 && parent = nil }",
    "{ .a = nil || nil != .b }",
    "{ .a = minInt || .a = maxInt || .b = -0.5 || .c = 1e300 }",
    "{ .a > 1s + 2 * 3m }",
    "{ } > { } < { } >> { } << { } ~ { }",
    "{ } !> { } !< { } !>> { } !<< { } !~ { }",
    "{ } &> { } &< { } &>> { } &<< { } &~ { }",
    "{ .a } && ({ .b } || { .c }) && { .d } > { .e }",
    "({ } | count() > 1 | { .a }) >> ({ } | by(name) | avg(duration) < 1s)",
    "avg(.a) > 1",
    "{ } | min(.a + 1) = -1",
    "{ } | -1 * count() < 2",
    "{ } | (max(.a) - min(.a)) / 2 > sum(duration) - 1s",
    "{ } | by(.a + 1) | coalesce() | select(.a, span:id, resource.b)",
    "by(name) | { .a }",
    "select(.a)",
    "{ } | rate()",
    "{ } | count_over_time() by (name, span.a) with(sample=0.1, exemplars=true)",
    "{ } | min_over_time(duration) by (.a)",
    "{ } | max_over_time(span.a)",
    "{ } | avg_over_time(event:timeSinceStart)",
    "{ } | sum_over_time(.a) by (resource.service.name)",
    "{ } | quantile_over_time(duration, 0, 0.5, 1) by (name)",
    "{ } | histogram_over_time(duration)",
    "{ .a } | { .b } | count() > 2 | rate() by (.c) > 0.5 | topk(5) < 10 | bottomk(2)",
    "{ } | compare({ status = error })",
    "{ } | compare({ status = error && .a }, 5, 1000, 2000)",
    "({ } | rate()) * 60",
    "-1.5 / ({ } | rate()) > 10ms | topk(1)",
    "(({ .a } | rate()) + ({ .b } | rate() | topk(3))) / ({ } | count_over_time()) - 1",
    "1 + 2 * 3 - ({ } | rate())",
    "({ } | rate() > 6) * 100 > 5 with(most_recent=false)",
];

#[test]
fn what_is_read_is_written_back_and_read_again_as_the_same() {
    for text in READ {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let written = query.to_string();
        let again = Query::parse(&written).unwrap_or_else(|error| panic!("{text} → {written}: {error}"));
        assert_eq!(query, again, "{text} → {written}");
        assert_eq!(again.to_string(), written);
    }
}

/// What is refused: the query, the column, a part of the message, and a part of the help.
const REFUSED: &[(&str, usize, &str, &str)] = &[
    ("", 1, "a query is expected", "{ status = error }"),
    ("true", 1, "`true` is no stage of a query", ""),
    ("{ .a = 3", 9, "`}` is missing", ""),
    ("{ (.a < 3 }", 11, "`)` is expected here, not `}`", ""),
    (
        "{ .a < }",
        8,
        "an attribute, an intrinsic or a value is expected here, not `}`",
        "",
    ),
    (
        "{ < }",
        3,
        "an attribute, an intrinsic or a value is expected",
        "",
    ),
    ("{ .a == 4 }", 7, "not `=`", "write a single `=`"),
    (
        "{ attribute = 4 }",
        3,
        "`attribute` is neither an intrinsic nor a value",
        "span.attribute",
    ),
    (
        "{ stauts = error }",
        3,
        "`stauts` is neither",
        "did you mean `status`?",
    ),
    (
        "{ span:nmae = \"a\" }",
        3,
        "a span has no `nmae`",
        "did you mean `name`?",
    ),
    ("{ trace:status = error }", 3, "a trace has no `status`", ""),
    (
        "{ spn.a = 1 }",
        3,
        "`spn` is no scope of attributes",
        "did you mean `span`?",
    ),
    ("{ .a = 1 .b = 2 }", 10, "`.b` is not expected here", ""),
    (
        "{ status = \"error\" }",
        12,
        "a status cannot be compared with text",
        "`error`, `ok` or `unset`",
    ),
    (
        "{ \"server\" = kind }",
        3,
        "a kind cannot be compared with text",
        "`server`",
    ),
    (
        "{ duration > \"1s\" }",
        14,
        "a duration cannot be compared with text",
        "`100ms`",
    ),
    (
        "{ name = 1 }",
        10,
        "text cannot be compared with a number",
        "double quotes",
    ),
    (
        "{ 1 != true }",
        8,
        "a number cannot be compared with a boolean",
        "",
    ),
    (
        "{ status > ok }",
        3,
        "a status is neither less nor greater",
        "`=` or `!=`",
    ),
    (
        "{ kind =~ \"s.*\" }",
        3,
        "a regular expression matches text, and this is a kind",
        "",
    ),
    (
        "{ .a =~ 5 }",
        9,
        "a regular expression is expected here, not `5`",
        "",
    ),
    (
        "{ .a =~ \"[\" }",
        9,
        "invalid regular expression: unclosed character class",
        "",
    ),
    ("{ .a =~ \"a)|(b\" }", 9, "invalid regular expression", ""),
    (
        "{ .a =~ `(?:a{1000}){1000}` }",
        9,
        "the regular expression is too large",
        "",
    ),
    (
        "{ .a =~ `a(?=b)` }",
        9,
        "invalid regular expression: look-around",
        "",
    ),
    (
        "{ 1 + \"a\" = 1 }",
        7,
        "arithmetic needs numbers, and this is text",
        "",
    ),
    ("{ -name = \"a\" }", 4, "`-` needs a number, and this is text", ""),
    ("{ !1 }", 4, "`!` needs a boolean, and this is a number", ""),
    (
        "{ 1 && .a }",
        3,
        "`&&` and `||` join conditions, and this is a number",
        "",
    ),
    (
        "{ duration }",
        3,
        "a filter comes to true or false, and this is a duration",
        "",
    ),
    ("{ span:status = nil }", 3, "an intrinsic is never nil", ""),
    ("{ .a > nil }", 6, "`nil` is neither less nor greater", ""),
    ("{ } + { }", 5, "`+` is not expected here", ""),
    ("{ } > 10", 7, "a set of spans is expected right of `>`", "braces"),
    ("{ } | count()", 7, "a stage lets spans through", "count() > 2"),
    ("{ } | count = 1", 13, "`(` is expected here, not `=`", ""),
    (
        "{ } | cuont() = 1",
        7,
        "`cuont` is no stage of a query",
        "did you mean `count`?",
    ),
    (
        "{ } | max() = 1",
        11,
        "an attribute, an intrinsic or a value is expected",
        "",
    ),
    (
        "{ } | max(name) = 1",
        11,
        "`max` needs numbers, and this is text",
        "",
    ),
    ("{ } | sum(3) = 2", 11, "`sum` needs something that spans say", ""),
    ("{ } | by(1)", 10, "`by` needs something that spans say", ""),
    ("{ } | max(duration) < ok", 23, "`ok` is no stage", ""),
    ("count() > 3 && { }", 13, "`&&` joins sets of spans", ""),
    ("{ } | 3 > 2", 9, "two fixed numbers", ""),
    ("coalesce() | { }", 1, "`coalesce` needs a stage before it", ""),
    ("select()", 8, "an attribute or an intrinsic is expected", ""),
    ("rate()", 1, "`rate` needs spans before it", "{ } | rate"),
    ("{ } | topk(10)", 7, "`topk` needs series", "rate()"),
    (
        "{ } | rate() | topk(0)",
        21,
        "a whole number above 0 is expected",
        "",
    ),
    (
        "{ } | rate() | { }",
        16,
        "`topk(…)` or `bottomk(…)` is expected",
        "",
    ),
    (
        "{ } | rate() == 42",
        15,
        "is expected here, not `=`",
        "write a single `=`",
    ),
    ("{ } | rate() + 5", 14, "`+` is not expected here", ""),
    ("5 + { } | rate()", 5, "a number is expected right of `+`", ""),
    (
        "({ } | rate()) % 10",
        16,
        "series cannot be combined by `%`",
        "`/`",
    ),
    (
        "({ } | rate()) * 10s",
        16,
        "series are reckoned with plain numbers",
        "",
    ),
    (
        "({ } | rate()) > ({ } | rate())",
        18,
        "series are compared with a fixed number",
        "",
    ),
    (
        "({ } | compare({ })) + ({ } | rate())",
        22,
        "`compare(…)` cannot be reckoned with",
        "",
    ),
    (
        "{ } | compare({ }) | topk(3)",
        29,
        "nothing can follow `compare(…)`",
        "",
    ),
    (
        "{ } | quantile_over_time(duration, 1.5)",
        36,
        "`1.5` is no quantile",
        "",
    ),
    (
        "{ } | max_over_time(name)",
        21,
        "`max_over_time` needs numbers, and this is text",
        "",
    ),
    ("{ } with(sample)", 16, "`=` is expected here, not `)`", ""),
    (
        "{ }\n| cont() > 2",
        3,
        "`cont` is no stage",
        "did you mean `count`?",
    ),
];

#[test]
fn what_is_wrong_is_refused_with_column_cause_and_help() {
    for (query, column, message, help) in REFUSED {
        let Err(error) = Query::parse(query) else {
            panic!("{query} is read");
        };
        assert!(error.message.contains(message), "{query}: {error}");
        assert_eq!(error.column, *column, "{query}: {error}");
        assert!(error.help.unwrap_or_default().contains(help), "{query}: {help}");
    }
}

#[test]
fn an_error_points_at_its_place() {
    let query = "{ }\n| cont() > 2";
    let error = Query::parse(query).expect_err("misspelt");
    assert_eq!(
        error.to_string(),
        "line 2, column 3: `cont` is no stage of a query"
    );
    assert_eq!(error.excerpt(query), "| cont() > 2\n  ^^^^");
    let error = Query::parse("{ .ä = \"ö\" && ").expect_err("cut");
    assert_eq!(error.column, 15);
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    for query in [
        deep("(", "{ }", ")", 20_000),
        format!("{{ {} }}", deep("(", ".a", ")", 20_000)),
        format!("{{ {} }}", deep("!", ".a", "", 20_000)),
        format!("{{ {} }}", deep("-", "1", "", 20_000)),
        format!("{{ 1{} = 2 }}", " + 1".repeat(10_000)),
        format!("{{ 1{} = 2 }}", " ^ 1".repeat(10_000)),
        format!("{{ .a{} }}", " = .a".repeat(10_000)),
        format!("{{ }}{}", " > { }".repeat(10_000)),
        format!("{}1 > 2", "-".repeat(20_000)),
        format!("count(){} > 2", " + count()".repeat(5_000)),
        deep("(", "{ } | rate()", ")", 20_000),
    ] {
        let error = Query::parse(&query).expect_err("too deep");
        assert!(
            error.message.contains("nests deeper"),
            "{error}: {}",
            &query[..40]
        );
    }
    let error = Query::parse(&" ".repeat(LONGEST_QUERY + 1)).expect_err("too long");
    assert!(error.message.contains("longer than 64 KiB"));
    let many = vec![".a =~ `b`"; 33].join(" || ");
    assert!(
        Query::parse(&format!("{{ {many} }}"))
            .expect_err("too many")
            .message
            .contains("regular expressions")
    );
    let long = format!("{{ }}{}", " | by(span:id)".repeat(1_000));
    let error = Query::parse(&long).expect_err("too many stages");
    assert!(error.message.contains("more than 32 stages"), "{error}");
    Query::parse(&format!("{{ }}{}", " | by(name)".repeat(31))).expect("as many as there may be");
    // What is merely long is read.
    let wide = vec![".a = 1"; 5_000].join(" || ");
    Query::parse(&format!("{{ {wide} }}")).expect("wide");
}
