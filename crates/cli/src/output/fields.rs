//! One thing, a line for each field, for people.

use super::table::{layout, text};
use super::{Column, Screen};

/// A line for each field, its name first.
pub(crate) fn fields<T>(columns: &[Column<T>], thing: &T, screen: Screen) -> String {
    let columns = columns.iter().filter(|column| column.is_shown(thing));
    let mut table = layout();
    for column in columns {
        table.add_row([column.title.to_owned(), column.cell(thing, screen.colours)]);
    }
    text(&mut table)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        id: u32,
        state: &'static str,
        fault: Option<&'static str>,
    }

    const ID: Column<Thing> = Column::whole("id", |thing| thing.id.into());

    fn thing() -> Thing {
        Thing {
            id: 7,
            state: "active",
            fault: None,
        }
    }

    #[test]
    fn names_stand_before_values() {
        let columns = [ID, Column::state("state", |thing: &Thing| thing.state.into())];
        let shown = |colours| {
            let width = Some(1);
            fields(&columns, &thing(), Screen { width, colours })
        };
        assert_eq!(shown(false), "id     7\nstate  active\n");
        assert_eq!(shown(true), "id     7\nstate  \x1b[32mactive\x1b[0m\n");
    }

    #[test]
    fn a_field_without_a_value_can_be_left_out() {
        let columns = [
            ID,
            Column::whole("fault", |thing: &Thing| thing.fault.into()).if_set(),
        ];
        let screen = Screen {
            width: None,
            colours: false,
        };
        assert_eq!(fields(&columns, &thing(), screen), "id  7\n");
        let faulty = Thing {
            fault: Some("x"),
            ..thing()
        };
        assert_eq!(fields(&columns, &faulty, screen), "id     7\nfault  x\n");
    }
}
