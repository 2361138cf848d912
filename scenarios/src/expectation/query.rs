//! Reads an expectation that is a query in TraceQL, with its quantifier.

use trace::traceql::Query;

use super::{Check, Expectation, ExpectationError, Words, quantifier, whole};

/// Reads a search and of how many traces it must hold.
pub(super) fn parse(
    text: &str,
    quantifier: Option<&str>,
    words: &Words<'_>,
) -> Result<Expectation, ExpectationError> {
    let query = Query::parse(text).map_err(|error| ExpectationError {
        in_quantifier: false,
        offset: error.offset,
        length: error.length,
        message: error.message,
        help: error.help,
    })?;
    let about_all = |message: &str, help: &str| ExpectationError {
        in_quantifier: false,
        offset: 0,
        length: text.trim_end().chars().count(),
        message: message.to_owned(),
        help: Some(help.to_owned()),
    };
    if query.is_metrics() {
        return Err(about_all(
            "an expectation needs a search, and this query asks for numbers over time",
            "write a search such as `{ status = error } | count() > 2`",
        ));
    }
    let Some(written) = quantifier else {
        return Err(about_all(
            "a query does not say of how many traces it must hold",
            "write it after a colon: `at least 90% of affected`, `at most 3 traces` or `never`",
        ));
    };
    let quantifier = quantifier::parse(written, words).map_err(|error| ExpectationError {
        in_quantifier: true,
        ..error
    })?;
    Ok(Expectation {
        text: whole(text, Some(written)),
        check: Check::Query {
            query: Box::new(query),
            quantifier,
        },
    })
}
