//! The bar: when a line's spans ran, and when the root was waiting for them.

use super::{Line, Role};
use crate::critical_path::Segment;
use crate::tree::{Index, Tree};

/// What each column of the bars stands for.
pub struct Scale {
    /// When the first cell begins, in nanoseconds since 1970.
    pub origin: u64,
    /// How many nanoseconds the cells stand for together, at least 1.
    pub length: u64,
    /// How many cells there are.
    pub cells: usize,
}

pub fn glyph(role: Role, ascii: bool) -> char {
    match (role, ascii) {
        (Role::Critical, false) => '█',
        (Role::Critical, true) => '#',
        (Role::CriticalWait, false) => '▓',
        (Role::CriticalWait, true) => ':',
        (Role::Bar, false) => '▒',
        (Role::Bar, true) => '=',
        (Role::Wait, false) => '░',
        (Role::Wait, true) => '.',
        _ => ' ',
    }
}

impl Scale {
    pub fn draw(
        &self,
        tree: &Tree<'_>,
        members: &[Index],
        path: &[Vec<Segment>],
        waits: bool,
        ascii: bool,
        line: &mut Line,
    ) {
        let (ordinary, critical) = if waits {
            (Role::Wait, Role::CriticalWait)
        } else {
            (Role::Bar, Role::Critical)
        };
        let mut cells = vec![Role::Space; self.cells];
        let mut outside = (false, false);
        for member in members {
            let span = tree.span(*member);
            let end = span.end_unix_ns.max(span.start_unix_ns);
            outside.0 |= span.start_unix_ns < self.origin;
            outside.1 |= end > self.origin.saturating_add(self.length);
            self.mark(span.start_unix_ns, end, ordinary, &mut cells);
        }
        // After all ordinary marks, so that what was waited for is never painted over.
        for segment in members.iter().flat_map(|member| &path[*member]) {
            self.mark(segment.start_unix_ns, segment.end_unix_ns, critical, &mut cells);
        }
        let [before, after] = if ascii { ["<", ">"] } else { ["‹", "›"] };
        let last = self.cells.saturating_sub(1);
        for (position, role) in cells.into_iter().enumerate() {
            match position {
                0 if outside.0 => line.push(before, Role::Outside),
                _ if position == last && outside.1 => line.push(after, Role::Outside),
                _ => line.push(glyph(role, ascii).to_string(), role),
            }
        }
    }

    /// Marks the cells from `start` to `end`, at least one if any of it is within the scale.
    fn mark(&self, start: u64, end: u64, role: Role, cells: &mut [Role]) {
        let limit = self.origin.saturating_add(self.length);
        if end < self.origin || start > limit {
            return;
        }
        let from = self.cell(start, false).min(self.cells.saturating_sub(1));
        let until = self.cell(end, true).max(from + 1).min(self.cells);
        if let Some(cells) = cells.get_mut(from..until) {
            cells.fill(role);
        }
    }

    /// The cell that a time lies in, or the first one after it.
    fn cell(&self, time: u64, after: bool) -> usize {
        let offset = u128::from(time.saturating_sub(self.origin).min(self.length)) * self.cells as u128;
        let length = u128::from(self.length);
        usize::try_from(if after {
            offset.div_ceil(length)
        } else {
            offset / length
        })
        .unwrap_or(self.cells)
    }
}
