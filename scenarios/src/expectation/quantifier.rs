//! Reads of how many traces something must hold.

use super::lexer::TokenKind;
use super::parser::Parser;
use super::{ExpectationError, Population, Quantifier, Words};
use crate::units;

/// Reads `at least 90% of affected(FAULT)`, `at most 3 traces` or `never`; the last two also with `of healthy` and the like.
pub(super) fn parse(text: &str, words: &Words<'_>) -> Result<Quantifier, ExpectationError> {
    let mut parser = Parser::new(text, words)?;
    let quantifier = match parser.word("a quantifier", &["at", "never"])? {
        "never" => Quantifier::Never {
            of: of_population(&mut parser)?,
        },
        _ => match parser.word("a quantifier", &["least", "most"])? {
            "least" => at_least(&mut parser)?,
            _ => at_most(&mut parser)?,
        },
    };
    parser.end()?;
    Ok(quantifier)
}

fn at_least(parser: &mut Parser<'_, '_>) -> Result<Quantifier, ExpectationError> {
    const HELP: &str = "write `at least 90% of affected(FAULT)`";
    let TokenKind::Quantity(text) = parser.peek().kind else {
        return Err(parser.expected("a share", HELP));
    };
    let share = units::share(text).map_err(|error| parser.peek().error(error.to_string(), error.help()))?;
    parser.advance();
    parser.word("a quantifier", &["of"])?;
    Ok(Quantifier::AtLeast {
        share,
        of: population(parser)?,
    })
}

fn population(parser: &mut Parser<'_, '_>) -> Result<Population, ExpectationError> {
    Ok(
        match parser.word("a cohort", &["all", "affected", "healthy", "bystander"])? {
            "healthy" => Population::Healthy,
            "bystander" => Population::Bystander,
            "affected" => {
                let mut fault = None;
                if parser.takes("(") {
                    fault = Some(
                        parser
                            .word("a fault", &parser.words.vocabulary.faults())?
                            .to_owned(),
                    );
                    parser.expect(")")?;
                }
                Population::Affected { fault }
            }
            _ => Population::All,
        },
    )
}

fn at_most(parser: &mut Parser<'_, '_>) -> Result<Quantifier, ExpectationError> {
    const HELP: &str = "write `at most 3 traces`";
    let TokenKind::Quantity(text) = parser.peek().kind else {
        return Err(parser.expected("a number", HELP));
    };
    let traces = units::integer(text, u64::from(u32::MAX))
        .map_err(|error| parser.peek().error(error.to_string(), error.help()))?;
    parser.advance();
    parser.word("a quantifier", &["traces", "trace"])?;
    Ok(Quantifier::AtMost {
        traces,
        of: of_population(parser)?,
    })
}

/// `of POPULATION`, if it comes next, and otherwise all traces.
fn of_population(parser: &mut Parser<'_, '_>) -> Result<Population, ExpectationError> {
    if parser.peek().kind != TokenKind::Word("of") {
        return Ok(Population::All);
    }
    parser.advance();
    population(parser)
}
