//! Every bug is a diff of two files; this makes it.

use similar::TextDiff;

use super::Operation;

impl Operation {
    /// What separates the faulty implementation from the healthy one, as a unified diff.
    #[must_use]
    pub fn diff(&self) -> String {
        TextDiff::from_lines(self.healthy.text, self.faulty.text)
            .unified_diff()
            .header(self.healthy.path, self.faulty.path)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::{FAULTS, Places};

    #[test]
    fn every_twin_differs_from_the_healthy_one() {
        for fault in FAULTS {
            let Places::Operations(operations) = fault.places else {
                continue;
            };
            for operation in operations {
                let diff = operation.diff();
                assert!(
                    diff.contains("\n-") && diff.contains("\n+"),
                    "{}: {}",
                    fault.name,
                    operation.name
                );
            }
        }
    }
}
