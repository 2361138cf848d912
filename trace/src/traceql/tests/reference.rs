//! The language reference: each of its examples does what it says.

use super::fixture::{checkout, found};
use crate::traceql::Query;
use crate::traceql::metrics::Range;
use crate::view::ModelTrace;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/traceql.md");

/// The lines of all code blocks of a language.
fn examples(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(REFERENCE).expect("the reference is there");
    let mut lines = text.lines();
    let mut examples = Vec::new();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(language) {
            examples.extend(
                lines
                    .by_ref()
                    .take_while(|line| *line != "```")
                    .map(str::to_owned),
            );
        }
    }
    examples
}

#[test]
fn every_example_finds_the_spans_that_stand_after_it() {
    let (spans, mut searches, mut metrics) = (checkout(), 0, 0);
    for example in examples("traceql") {
        let query = Query::parse(&example).unwrap_or_else(|error| panic!("{example}: {error}"));
        if query.is_metrics() {
            let mut series = query
                .metrics(Range::over(0, 2_000_000_000, 1_000_000_000).expect("a range"))
                .expect("metrics");
            series.add(&ModelTrace(&spans));
            assert_eq!(series.finish().times.len(), 2, "{example}");
            metrics += 1;
            continue;
        }
        let (_, expected) = example
            .rsplit_once("// ")
            .unwrap_or_else(|| panic!("{example} says nothing"));
        let expected: Vec<usize> = match expected {
            "none" => Vec::new(),
            spans => spans
                .split(' ')
                .map(|span| span.parse().expect("a span's number"))
                .collect(),
        };
        assert_eq!(found(&spans, &example), expected, "{example}");
        searches += 1;
    }
    assert!(
        searches > 70 && metrics > 10,
        "{searches} searches and {metrics} metrics queries"
    );
}

#[test]
fn every_example_of_what_is_refused_is() {
    let refused = examples("traceql-refused");
    assert!(refused.len() > 5);
    for example in refused {
        assert!(Query::parse(&example).is_err(), "{example}");
    }
}
