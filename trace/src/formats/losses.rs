//! What a target format could not say, by field and count.

use std::collections::BTreeMap;
use std::fmt;

/// What was lost in writing: for each field, how often. Nothing else was lost, except for the order of spans and of the
/// attributes of one span, which mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses {
    counts: BTreeMap<&'static str, u64>,
}

impl Losses {
    /// Counts one more loss in a field.
    pub fn add(&mut self, field: &'static str) {
        *self.counts.entry(field).or_default() += 1;
    }

    /// Counts one more loss in a field if there is something to lose.
    pub fn add_if(&mut self, lost: bool, field: &'static str) {
        if lost {
            self.add(field);
        }
    }

    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The fields with their counts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.counts.iter().map(|(field, count)| (*field, *count))
    }

    /// How often something was lost in this field.
    pub fn count(&self, field: &str) -> u64 {
        self.counts.get(field).copied().unwrap_or(0)
    }
}

/// A line a field: the count, then the field.
impl fmt::Display for Losses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .counts
            .values()
            .max()
            .map_or(0, |most| most.to_string().len());
        for (field, count) in &self.counts {
            writeln!(formatter, "  {count:>width$} × {field}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_a_table_by_field() {
        let mut losses = Losses::default();
        assert!(losses.is_empty() && losses.to_string().is_empty());
        losses.add_if(false, "flags");
        for _ in 0..10 {
            losses.add("kind");
        }
        losses.add_if(true, "flags");
        assert_eq!(losses.to_string(), "   1 × flags\n  10 × kind\n");
        assert_eq!((losses.count("kind"), losses.count("name")), (10, 0));
    }
}
