//! `postmaster.opts`, in which a server keeps the command that started it.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the programs of the server that was last started on this data directory are.
pub(crate) fn bin_dir(data: &Path) -> Option<PathBuf> {
    parse(&fs::read_to_string(data.join("postmaster.opts")).ok()?)
}

/// The program's path comes first, bare; each argument follows in quotes.
fn parse(text: &str) -> Option<PathBuf> {
    let line = text.lines().next()?;
    let program = line.split_once(" \"").map_or(line, |(program, _)| program);
    Path::new(program)
        .parent()
        .filter(|bin_dir| bin_dir.is_absolute())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    #[test]
    fn the_program_stands_first_even_with_spaces_in_its_path() {
        let text = "/opt/my tools/pg/bin/postgres \"-D\" \"/data\" \"-c\" \"port=5432\"\n";
        assert_eq!(parse(text).as_deref(), Some(Path::new("/opt/my tools/pg/bin")));
        assert_eq!(parse("/usr/bin/postgres").as_deref(), Some(Path::new("/usr/bin")));
        assert_eq!(parse(""), None);
        assert_eq!(parse("postgres \"-D\""), None);
    }
}
