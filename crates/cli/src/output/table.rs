//! Tables for people, by comfy-table: one line a row.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, TableStyle, Width};

use super::column::Form;
use super::{Column, Screen};

/// Blanks between two columns.
const GAP: u16 = 2;

/// The rows as a table with a heading. On a narrow screen optional columns are left out, then texts are cut.
pub(crate) fn table<T>(columns: &[Column<T>], rows: &[T], screen: Screen) -> String {
    let mut table = layout();
    let titles = columns.iter().map(|column| {
        let title = column.title.to_uppercase();
        if screen.colours {
            format!("\x1b[1m{title}\x1b[0m")
        } else {
            title
        }
    });
    table.set_header(titles);
    for row in rows {
        let mut cells = Row::from(columns.iter().map(|column| column.cell(row, screen.colours)));
        table.add_row(cells.max_height(1).clone());
    }
    for (column, declared) in table.column_iter_mut().zip(columns) {
        if declared.form() == Form::Number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if let Some(screen) = screen.width {
        fit(&mut table, columns, screen);
    }
    text(&mut table)
}

/// Leaves out columns, and has the others cut, until the table is no wider than the screen.
fn fit<T>(table: &mut Table, columns: &[Column<T>], screen: u16) {
    let widths = table.column_max_content_widths();
    // By rank, so that the next column to leave out is the last one.
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    shown.sort_by_key(|index| columns[*index].rank);
    let width = |shown: &[usize]| {
        let padded = shown
            .iter()
            .map(|index| usize::from(widths[*index]) + usize::from(GAP));
        padded.sum::<usize>().saturating_sub(GAP.into())
    };
    while width(&shown) > screen.into() && shown.last().is_some_and(|index| columns[*index].rank > 0) {
        shown.pop();
    }
    for (index, (column, declared)) in table.column_iter_mut().zip(columns).enumerate() {
        column.set_constraint(if !shown.contains(&index) {
            ColumnConstraint::Hidden
        } else if declared.form() == Form::Text && widths[index] > declared.least_width {
            ColumnConstraint::LowerBoundary(Width::Fixed(declared.least_width + GAP))
        } else {
            ColumnConstraint::ContentWidth
        });
    }
    // The gap behind the last column is not printed.
    table
        .set_width(screen.saturating_add(GAP))
        .set_content_arrangement(ContentArrangement::Dynamic);
}

/// A table without lines.
pub(super) fn layout() -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        // No cell has this character, so that texts are cut anywhere and not only at blanks.
        .set_delimiter('\0')
        .set_truncation_indicator("…");
    table
}

/// The lines of the table, each with its end.
pub(super) fn text(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row {
        id: &'static str,
        name: &'static str,
        size: u32,
        state: &'static str,
    }

    const COLUMNS: &[Column<Row>] = &[
        Column::whole("id", |row| row.id.into()),
        Column::text("name", |row| row.name.into()),
        Column::number("size", |row| row.size.into()),
        Column::state("state", |row| row.state.into()),
    ];

    fn rows() -> Vec<Row> {
        vec![
            Row {
                id: "0001",
                name: "acme",
                size: 5,
                state: "active",
            },
            Row {
                id: "2",
                name: "東京 a very long name",
                size: 1000,
                state: "odd",
            },
        ]
    }

    fn plain(width: Option<u16>) -> Screen {
        Screen {
            width,
            colours: false,
        }
    }

    #[test]
    fn columns_are_aligned_by_display_width() {
        let expected = "\
ID    NAME                   SIZE  STATE
0001  acme                      5  active
2     東京 a very long name  1000  odd
";
        assert_eq!(table(COLUMNS, &rows(), plain(None)), expected);
        assert_eq!(table(COLUMNS, &rows(), plain(Some(80))), expected);
    }

    #[test]
    fn texts_are_cut_to_the_screen_and_ids_are_not() {
        let expected = "\
ID    NAME        SIZE  STATE
0001  acme           5  active
2     東京 a ve…  1000  odd
";
        assert_eq!(table(COLUMNS, &rows(), plain(Some(30))), expected);
        // Below its least width a column is not cut any more.
        let narrow = table(COLUMNS, &rows(), plain(Some(5)));
        assert!(narrow.contains("0001  acme         5  active\n"), "{narrow}");
    }

    #[test]
    fn optional_columns_are_left_out_before_anything_is_cut() {
        let columns = [
            COLUMNS[0],
            COLUMNS[1],
            COLUMNS[2].optional(1),
            COLUMNS[3].optional(2),
        ];
        for (width, heading) in [
            (41, "ID    NAME                   SIZE  STATE"),
            (40, "ID    NAME                   SIZE"),
            (30, "ID    NAME"),
            (12, "ID    NAME"),
        ] {
            let table = table(&columns, &rows(), plain(Some(width)));
            assert_eq!(table.lines().next(), Some(heading), "{width}");
        }
        assert!(table(&columns, &rows(), plain(Some(30))).contains("東京 a very long name\n"));
    }

    #[test]
    fn colours_are_around_the_text_and_not_the_blanks() {
        let screen = Screen {
            width: None,
            colours: true,
        };
        assert_eq!(
            table(COLUMNS, &rows()[..1], screen),
            "\x1b[1mID\x1b[0m    \x1b[1mNAME\x1b[0m  \x1b[1mSIZE\x1b[0m  \x1b[1mSTATE\x1b[0m\n\
             0001  acme     5  \x1b[32mactive\x1b[0m\n"
        );
    }

    #[test]
    fn an_empty_list_is_its_heading() {
        assert_eq!(table(COLUMNS, &[], plain(None)), "ID  NAME  SIZE  STATE\n");
    }
}
