//! Tables on the terminal: a line under the header and nothing else.

use crate::output::say;
use comfy_table::{CellAlignment, ColumnConstraint, LineStyle, Table, TableStyle, Width};

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What is longer goes on in the next line.
const WIDEST: u16 = 100;

/// Prints rows under a header; columns from `numbers_from` on are aligned to the right.
pub fn print(header: &[&str], numbers_from: usize, rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        if index < numbers_from {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(WIDEST)));
        } else {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    say!("{}", table.trim_fmt());
}
