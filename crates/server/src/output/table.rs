//! Tables for people.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::text::cut;
use super::{Column, Screen};

/// Between two columns.
const GAP: usize = 2;

/// What is left of a column that is cut, at least.
const LEAST: usize = 8;

const BOLD: &str = "\x1b[1m";
pub(super) const RESET: &str = "\x1b[0m";

/// The rows as a table with a heading, each line with its end. Nothing is wider than the screen where leaving out
/// columns helps, the last first, and then cutting.
pub(crate) fn table(columns: &[Column], rows: &[Value], screen: Screen) -> String {
    let mut columns = columns.to_vec();
    while let Some(last) = columns.iter().rposition(|column| column.if_it_fits)
        && screen
            .width
            .is_some_and(|screen| whole_width(&columns, rows) > screen)
    {
        columns.remove(last);
    }
    let columns = columns.as_slice();
    let cells = cells(columns, rows);
    let titles = titles(columns);
    let widths = widths(columns, &titles, &cells, screen.width);

    let mut text = String::new();
    let heading = titles.iter().map(|title| (title.as_str(), Some(BOLD)));
    line(&mut text, columns, &widths, heading, screen.colour);
    for row in &cells {
        let row = columns
            .iter()
            .zip(row)
            .map(|(column, cell)| (cell.as_str(), column.colour(cell)));
        line(&mut text, columns, &widths, row, screen.colour);
    }
    text
}

fn titles(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.title.to_uppercase()).collect()
}

fn cells(columns: &[Column], rows: &[Value]) -> Vec<Vec<String>> {
    let row = |row| columns.iter().map(|column| column.cell(row)).collect();
    rows.iter().map(row).collect()
}

/// How wide a table is of which nothing is cut.
fn whole_width(columns: &[Column], rows: &[Value]) -> usize {
    let widths = widths(columns, &titles(columns), &cells(columns, rows), None);
    widths.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// As wide as the widest cell; then what may be cut is cut, the widest first, until all fit.
fn widths(columns: &[Column], titles: &[String], cells: &[Vec<String>], screen: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let Some(screen) = screen else { return widths };
    let gaps = GAP * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > screen {
        let widest = widths
            .iter_mut()
            .zip(columns)
            .filter(|(width, column)| column.may_be_cut() && **width > LEAST)
            .max_by_key(|(width, _)| **width);
        match widest {
            Some((width, _)) => *width -= 1,
            None => break,
        }
    }
    widths
}

fn line<'a>(
    text: &mut String,
    columns: &[Column],
    widths: &[usize],
    cells: impl Iterator<Item = (&'a str, Option<&'static str>)>,
    colour: bool,
) {
    let mut blanks = 0;
    for ((column, width), (cell, style)) in columns.iter().zip(widths).zip(cells) {
        let cell = cut(cell, *width);
        let free = width.saturating_sub(cell.width());
        let before = if column.is_right_aligned() { free } else { 0 };
        // Blanks come before the next cell and not behind this one, so that no line ends with them.
        text.extend(std::iter::repeat_n(' ', blanks + before));
        // Writing to a string does not fail.
        let _ = match style.filter(|_| colour) {
            Some(style) => write!(text, "{style}{cell}{RESET}"),
            None => write!(text, "{cell}"),
        };
        blanks = GAP + free - before;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[Column] = &[
        Column::whole("id", "/id"),
        Column::text("name", "/name"),
        Column::number("size", "/size"),
        Column::state("state", "/state"),
    ];

    fn rows() -> Vec<Value> {
        vec![
            json!({"id": "0001", "name": "acme", "size": 5, "state": "active"}),
            json!({"id": "2", "name": "東京 a very long name", "size": 1000, "state": "odd"}),
        ]
    }

    fn plain(width: Option<usize>) -> Screen {
        Screen { width, colour: false }
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let expected = "\
ID    NAME                   SIZE  STATE
0001  acme                      5  active
2     東京 a very long name  1000  odd
";
        assert_eq!(table(COLUMNS, &rows(), plain(None)), expected);
        assert_eq!(table(COLUMNS, &rows(), plain(Some(80))), expected);
    }

    #[test]
    fn what_may_be_cut_is_cut_to_the_screen_and_ids_are_not() {
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
    fn what_need_not_be_there_makes_room_before_anything_is_cut() {
        let columns = [
            COLUMNS[0],
            COLUMNS[1],
            COLUMNS[2].if_it_fits(),
            COLUMNS[3].if_it_fits(),
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
            colour: true,
        };
        assert_eq!(
            table(COLUMNS, &rows()[..1], screen),
            "\x1b[1mID\x1b[0m    \x1b[1mNAME\x1b[0m  \x1b[1mSIZE\x1b[0m  \x1b[1mSTATE\x1b[0m\n\
             0001  acme     5  \x1b[32mactive\x1b[0m\n"
        );
    }

    #[test]
    fn a_list_of_nothing_is_its_heading() {
        assert_eq!(table(COLUMNS, &[], plain(None)), "ID  NAME  SIZE  STATE\n");
    }
}
