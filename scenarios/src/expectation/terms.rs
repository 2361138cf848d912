//! Reads the terms: what can be measured.

use super::lexer::TokenKind;
use super::parser::Parser;
use super::{Cohort, ExpectationError, Term};
use crate::units;

/// Every term, as it is written.
const TERMS: [&str; 6] = ["p", "share", "throughput", "dropped", "prevented", "spans"];

impl Parser<'_, '_> {
    /// One term.
    pub(super) fn term(&mut self) -> Result<Term, ExpectationError> {
        match self.word("a measurement", &TERMS)? {
            "p" => self.latency(),
            "share" => self.errors(),
            "throughput" => self.throughput(),
            "prevented" => self.prevented(),
            "spans" => self.spans(),
            _ => Ok(Term::Dropped),
        }
    }

    fn latency(&mut self) -> Result<Term, ExpectationError> {
        self.expect("(")?;
        let percentile = self.percentile()?;
        self.expect(",")?;
        let journey = self.journey()?;
        let cohort = self.cohort()?;
        self.expect(")")?;
        Ok(Term::Latency {
            percentile,
            journey,
            cohort,
        })
    }

    fn percentile(&mut self) -> Result<f64, ExpectationError> {
        const HELP: &str = "write a percentile such as `50`, `95` or `99.9`";
        let TokenKind::Quantity(text) = self.peek().kind else {
            return Err(self.expected("a percentile", HELP));
        };
        match units::plain(text).filter(|percentile| (0.0..=100.0).contains(percentile)) {
            Some(percentile) => {
                self.advance();
                Ok(percentile)
            }
            None => Err(self.peek().error(format!("`{text}` is not a percentile"), HELP)),
        }
    }

    fn errors(&mut self) -> Result<Term, ExpectationError> {
        self.expect("(")?;
        self.word("a kind of share", &["errors"])?;
        let journey = if self.takes(",") {
            Some(self.journey()?)
        } else {
            None
        };
        self.expect(")")?;
        Ok(Term::Errors { journey })
    }

    fn throughput(&mut self) -> Result<Term, ExpectationError> {
        let mut journey = None;
        if self.takes("(") && !self.takes(")") {
            journey = Some(self.journey()?);
            self.expect(")")?;
        }
        Ok(Term::Throughput { journey })
    }

    fn prevented(&mut self) -> Result<Term, ExpectationError> {
        self.expect("(")?;
        let fault = self.word("a fault", &self.words.vocabulary.faults())?.to_owned();
        self.expect(")")?;
        Ok(Term::Prevented { fault })
    }

    fn spans(&mut self) -> Result<Term, ExpectationError> {
        self.expect("(")?;
        let service = self
            .word("a service", &self.words.vocabulary.services())?
            .to_owned();
        self.expect(",")?;
        let TokenKind::Text(name) = self.peek().kind else {
            return Err(self.expected(
                "the spans' name",
                "write it in double quotes: `\"SELECT order_items\"`",
            ));
        };
        self.advance();
        let cohort = self.cohort()?;
        self.expect(")")?;
        Ok(Term::Spans {
            service,
            name: name.to_owned(),
            cohort,
        })
    }

    fn journey(&mut self) -> Result<String, ExpectationError> {
        self.word("a journey", self.words.journeys).map(str::to_owned)
    }

    /// `, COHORT`, if it comes next.
    fn cohort(&mut self) -> Result<Cohort, ExpectationError> {
        if !self.takes(",") {
            return Ok(Cohort::All);
        }
        Ok(
            match self.word("a cohort", &["all", "affected", "healthy", "bystander"])? {
                "affected" => Cohort::Affected,
                "healthy" => Cohort::Healthy,
                "bystander" => Cohort::Bystander,
                _ => Cohort::All,
            },
        )
    }
}
