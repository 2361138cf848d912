//! A plain table: the first column to the left, numbers to the right, a dim heading.

use std::fmt::Write;

use anstyle::{Effects, Style};

/// What a heading looks like.
const HEADING: Style = Style::new().effects(Effects::DIMMED);

/// Rows of text under headings.
#[derive(Debug)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self {
            headings: headings.iter().map(|&heading| heading.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table, indented by two spaces.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells
                    .chain(self.headings.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = format!("{HEADING}{}{HEADING:#}\n", line(&self.headings, &widths));
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line(row, &widths));
        }
        text
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::from(" ");
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
        if column == 0 {
            line.push_str(&format!(" {cell}{padding}"));
        } else {
            line.push_str(&format!("  {padding}{cell}"));
        }
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_one_another() {
        let mut table = Table::new(&["journey", "p50"]);
        table.row(vec!["home".into(), "1.2".into()]);
        table.row(vec!["order-history".into(), "10.25".into()]);
        let text = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(
            text,
            "  journey          p50\n  home             1.2\n  order-history  10.25\n"
        );
    }
}
