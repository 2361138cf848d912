//! Every bug is a diff of two files; this makes it.

use serde::Serialize;
use similar::TextDiff;

use super::Operation;

/// A line of two files side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The healthy file's line, if it has one here.
    pub healthy: Option<&'static str>,
    /// The faulty file's.
    pub faulty: Option<&'static str>,
    /// Whether they are the same.
    pub same: bool,
}

impl Operation {
    /// What separates the faulty implementation from the healthy one, as a unified diff.
    #[must_use]
    pub fn diff(&self) -> String {
        TextDiff::from_lines(self.healthy.text, self.faulty.text)
            .unified_diff()
            .header(self.healthy.path, self.faulty.path)
            .to_string()
    }

    /// Both files side by side, line by line.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let (healthy, faulty): (Vec<&str>, Vec<&str>) = (
            self.healthy.text.lines().collect(),
            self.faulty.text.lines().collect(),
        );
        let mut rows = Vec::new();
        for op in TextDiff::from_slices(&healthy, &faulty).ops() {
            let (old, new) = (op.old_range(), op.new_range());
            let same = op.tag() == similar::DiffTag::Equal;
            rows.extend((0..old.len().max(new.len())).map(|at| Row {
                healthy: healthy.get(old.start + at).copied().filter(|_| at < old.len()),
                faulty: faulty.get(new.start + at).copied().filter(|_| at < new.len()),
                same,
            }));
        }
        rows
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

    #[test]
    fn side_by_side_are_all_lines_of_both_files() {
        for fault in FAULTS {
            let Places::Operations(operations) = fault.places else {
                continue;
            };
            for operation in operations {
                let rows = operation.rows();
                let healthy: Vec<&str> = rows.iter().filter_map(|row| row.healthy).collect();
                let faulty: Vec<&str> = rows.iter().filter_map(|row| row.faulty).collect();
                assert_eq!(healthy, operation.healthy.text.lines().collect::<Vec<_>>());
                assert_eq!(faulty, operation.faulty.text.lines().collect::<Vec<_>>());
                assert!(
                    rows.iter().all(|row| row.same == (row.healthy == row.faulty)),
                    "{}",
                    operation.name
                );
            }
        }
    }
}
