//! Tables on the terminal: a line under the header and nothing else.

use crate::output::say;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints rows under a header; columns from `numbers_from` on are aligned to the right.
pub fn print(header: &[&str], numbers_from: usize, rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(numbers_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    say!("{}", table.trim_fmt());
}
