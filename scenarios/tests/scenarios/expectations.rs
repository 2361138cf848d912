//! The language of expectations.

use std::time::Duration;

use scenarios::expectation::{
    Check, Cohort, Comparison, Expectation, ExpectationError, Operand, Operator, Population, Quantifier,
    Quantity, Term, Words,
};

use crate::vocabulary;

fn read(text: &str, quantifier: Option<&str>) -> Result<Expectation, ExpectationError> {
    let words = Words {
        vocabulary: &vocabulary::Words,
        journeys: &["home", "order-history"],
    };
    Expectation::parse(text, quantifier, &words)
}

fn run(text: &str) -> Comparison {
    match read(text, None).expect("valid").check {
        Check::Run(comparison) => comparison,
        Check::Traces { .. } | Check::Query { .. } => panic!("no quantifier was given"),
    }
}

fn quantifier(text: &str) -> Quantifier {
    match read("spans(orders, \"SELECT order_items\") > 10", Some(text))
        .expect("valid")
        .check
    {
        Check::Traces { quantifier, .. } => quantifier,
        Check::Run(_) | Check::Query { .. } => panic!("a comparison with a quantifier was given"),
    }
}

/// The text under the caret, the message and the help.
fn refused(text: &str) -> (String, String, String) {
    let error = read(text, None).expect_err("refused");
    let place = text.chars().skip(error.offset).take(error.length).collect();
    (place, error.message, error.help.unwrap_or_default())
}

#[test]
fn every_term_is_read() {
    let latency = |percentile, cohort| Term::Latency {
        percentile,
        journey: "home".to_owned(),
        cohort,
    };
    assert_eq!(
        run("p(99.9, home) < 250ms"),
        Comparison {
            left: latency(99.9, Cohort::All),
            operator: Operator::Less,
            right: Operand::Quantity(Quantity::Duration(Duration::from_millis(250))),
        }
    );
    assert_eq!(
        run("p(50,home,affected)>1.5*p(50,home,healthy)"),
        Comparison {
            left: latency(50.0, Cohort::Affected),
            operator: Operator::Greater,
            right: Operand::Scaled {
                factor: 1.5,
                term: latency(50.0, Cohort::Healthy)
            },
        }
    );
    assert_eq!(run("share(errors) < 1%").left, Term::Errors { journey: None });
    assert_eq!(
        run("share(errors, home) <= 1%").left,
        Term::Errors {
            journey: Some("home".to_owned())
        }
    );
    assert_eq!(run("throughput >= 15/s").left, Term::Throughput { journey: None });
    assert_eq!(
        run("throughput() >= 15/s").left,
        Term::Throughput { journey: None }
    );
    assert_eq!(
        run("throughput(home) != 15/s").left,
        Term::Throughput {
            journey: Some("home".to_owned())
        }
    );
    assert_eq!(run("dropped = 0").left, Term::Dropped);
    assert_eq!(
        run("prevented(slow-query) = 0").left,
        Term::Prevented {
            fault: "slow-query".to_owned()
        }
    );
    assert_eq!(
        run("spans(orders, \"SELECT order_items\", bystander) < dropped").left,
        Term::Spans {
            service: "orders".to_owned(),
            name: "SELECT order_items".to_owned(),
            cohort: Cohort::Bystander,
        }
    );
}

#[test]
fn every_quantifier_is_read() {
    let of = |of| Quantifier::AtLeast { share: 0.9, of };
    assert_eq!(
        quantifier("at least 90% of affected(slow-query)"),
        of(Population::Affected {
            fault: Some("slow-query".to_owned())
        })
    );
    assert_eq!(
        quantifier("at least 90% of affected"),
        of(Population::Affected { fault: None })
    );
    assert_eq!(quantifier("at least 90% of healthy"), of(Population::Healthy));
    assert_eq!(quantifier("at least 90% of all"), of(Population::All));
    let all = Population::All;
    assert_eq!(
        quantifier("at most 3 traces"),
        Quantifier::AtMost {
            traces: 3,
            of: all.clone()
        }
    );
    assert_eq!(
        quantifier("at most 1 trace of healthy"),
        Quantifier::AtMost {
            traces: 1,
            of: Population::Healthy
        }
    );
    assert_eq!(quantifier("never"), Quantifier::Never { of: all });
    assert_eq!(
        quantifier("never of affected(slow-query)"),
        Quantifier::Never {
            of: Population::Affected {
                fault: Some("slow-query".to_owned())
            }
        }
    );
}

#[test]
fn queries_are_read_with_their_quantifier() {
    let text = "{ status = error } >> { kind = client } | count() > 2";
    let expectation = read(text, Some("at least 90% of affected")).expect("valid");
    assert_eq!(expectation.text, format!("{text}: at least 90% of affected"));
    let Check::Query { query, quantifier } = expectation.check else {
        panic!("it is a query");
    };
    assert_eq!(query.to_string(), text);
    assert_eq!(
        quantifier,
        Quantifier::AtLeast {
            share: 0.9,
            of: Population::Affected { fault: None }
        }
    );
    let error = read(" { stauts = error }", Some("never")).expect_err("misspelt");
    assert_eq!((error.offset, error.length, error.in_quantifier), (3, 6, false));
    assert!(error.help.unwrap_or_default().contains("did you mean `status`?"));
    let error = read("{ }", Some("sometimes")).expect_err("no such quantifier");
    assert!(error.in_quantifier);
    let error = read("{ } | rate() > 5", Some("never")).expect_err("not a search");
    assert_eq!(
        error.message,
        "an expectation needs a search, and this query asks for numbers over time"
    );
}

#[test]
fn mistakes_are_pointed_at() {
    for (text, place, message, help) in [
        (
            "p(95, hmoe) < 1s",
            "hmoe",
            "unknown journey `hmoe`",
            "did you mean `home`?",
        ),
        (
            "p(101, home) < 1s",
            "101",
            "`101` is not a percentile",
            "write a percentile such as `50`, `95` or `99.9`",
        ),
        (
            "p(95, home) < 1%",
            "1%",
            "a duration cannot be compared with a share",
            "write a duration such as `250ms`",
        ),
        (
            "share(errors) < p(50, home)",
            "p",
            "a share cannot be compared with a duration",
            "write a share such as `1%`",
        ),
        (
            "p(95, home) < 1sec",
            "1sec",
            "`1sec` has the unknown unit `sec`",
            "did you mean the unit `s`? write a duration such as `200ms`, `1.5s` or `2m`",
        ),
        (
            "p(95, home, sick) < 1s",
            "sick",
            "unknown cohort `sick`",
            "known are `all`, `affected`, `healthy`, `bystander`",
        ),
        (
            "latency(home) < 1s",
            "latency",
            "unknown measurement `latency`",
            "known are `p`, `share`, `throughput`, `dropped`, `prevented`, `spans`",
        ),
        (
            "spans(orders, SELECT) > 1",
            "SELECT",
            "the spans' name is expected here, not `SELECT`",
            "write it in double quotes: `\"SELECT order_items\"`",
        ),
        (
            "spans(ordres, \"x\") > 1",
            "ordres",
            "unknown service `ordres`",
            "did you mean `orders`?",
        ),
        ("dropped ~ 1", "~", "`~` has no meaning here", ""),
        (
            "dropped == 1",
            "==",
            "a comparison is expected here, not `==`",
            "write one of `<`, `<=`, `>`, `>=`, `=`, `!=`",
        ),
        ("dropped = 1 2", "2", "the end is expected here, not `2`", ""),
        (
            "prevented(slow-qeury) = 0",
            "slow-qeury",
            "unknown fault `slow-qeury`",
            "did you mean `slow-query`?",
        ),
        (
            "diagnosis = slow-query at orders",
            "diagnosis",
            "the diagnosis is not available yet",
            "remove this expectation",
        ),
        ("p(95, home", "", "`)` is expected here, not the end", ""),
    ] {
        assert_eq!(
            refused(text),
            (place.to_owned(), message.to_owned(), help.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn only_what_a_trace_has_can_be_judged_trace_by_trace() {
    assert!(read("p(95, home) < 1s", Some("never")).is_err());
    assert!(read("spans(orders, \"x\", healthy) > 1", Some("never")).is_err());
    let error = read("spans(orders, \"x\") > 1", Some("at least 90 of all")).expect_err("refused");
    assert_eq!((error.in_quantifier, error.offset, error.length), (true, 9, 2));
}
