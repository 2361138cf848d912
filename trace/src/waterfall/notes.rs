//! Below the drawing: what is irregular about the trace, and what was left out.

use super::Line;
use crate::tree::{Irregularity, Standing, Tree};

type IsKind = fn(&Irregularity) -> bool;

pub fn notes(tree: &Tree<'_>, rows_left_out: usize) -> Vec<Line> {
    let mut notes = Vec::new();
    if rows_left_out > 0 {
        notes.push(Line::note(format!("{rows_left_out} more lines are not shown")));
    }
    let irregularities = tree.irregularities();
    let kinds: [(&str, IsKind); 6] = [
        ("missing their parent (lost, late, or broken propagation)", |it| {
            matches!(it, Irregularity::Standing(Standing::Orphan))
        }),
        ("naming themselves or one another as parent", |it| {
            matches!(it, Irregularity::Standing(Standing::OwnParent | Standing::Ring))
        }),
        ("received twice, shown once", |it| {
            matches!(it, Irregularity::Standing(Standing::Duplicate(_)))
        }),
        ("sharing another span's id", |it| {
            matches!(it, Irregularity::SharedId(_))
        }),
        ("ending before they start", |it| {
            matches!(it, Irregularity::EndsBeforeStart)
        }),
        ("starting before their parent (clocks differ)", |it| {
            matches!(it, Irregularity::StartsBeforeParent)
        }),
    ];
    for (text, is_kind) in kinds {
        let count = irregularities.iter().filter(|(_, kind)| is_kind(kind)).count();
        if count > 0 {
            notes.push(Line::note(format!(
                "note: {count} {} {text}",
                if count == 1 { "span" } else { "spans" }
            )));
        }
    }
    notes
}
