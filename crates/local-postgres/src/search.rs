//! Where server programs are looked for.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::is_program;

/// Where server programs are looked for, in order of preference among equal versions.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Directories with programs; `pg_config` is asked in these, and `psql` taken from them.
    path: Vec<PathBuf>,
    /// Whether the places of packagers are looked at too.
    well_known: bool,
}

/// Places of packagers, as a parent, the beginning of a name in it, and what follows.
const WELL_KNOWN: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // PostgreSQL's own packages for Fedora and RHEL
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
    ("/opt/homebrew", "bin", ""),                // Homebrew, linked
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

impl Search {
    /// The `PATH` of this process, what `pg_config` there says, and the places of packagers.
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH is where programs lie, not configuration; this is the crate's only look at the environment"
    )]
    pub fn system() -> Self {
        Self::new(env::var_os("PATH").as_deref())
    }

    /// The same with another `PATH`.
    pub fn new(path: Option<&OsStr>) -> Self {
        let path = path.map(|path| {
            env::split_paths(path)
                .filter(|entry| entry.is_absolute())
                .collect()
        });
        Self {
            path: path.unwrap_or_default(),
            well_known: true,
        }
    }

    /// These directories and no others.
    pub fn only(directories: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            path: directories.into_iter().map(Into::into).collect(),
            well_known: false,
        }
    }

    /// Directories in which programs are looked for, and `pg_config` too.
    pub(crate) fn path(&self) -> &[PathBuf] {
        &self.path
    }

    /// The existing directories among the places of packagers; newest name first, for what it is worth.
    pub(crate) fn well_known(&self) -> Vec<PathBuf> {
        if !self.well_known {
            return Vec::new();
        }
        WELL_KNOWN
            .iter()
            .flat_map(|(parent, prefix, rest)| expand(Path::new(parent), prefix, rest))
            .collect()
    }

    /// The first program of this name on the path.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        self.path
            .iter()
            .map(|directory| directory.join(name))
            .find(|program| is_program(program))
    }
}

/// The existing directories `parent/prefix*/rest`, the last name first.
pub(crate) fn expand(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let named = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix));
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| named(&entry.file_name()))
        .map(|entry| {
            if rest.is_empty() {
                entry.path()
            } else {
                entry.path().join(rest)
            }
        })
        .filter(|directory| directory.is_dir())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;

    use super::{Search, expand};

    #[test]
    fn a_pattern_finds_only_what_it_names() {
        let parent = tempfile::tempdir().unwrap();
        for directory in [
            "postgresql@14/bin",
            "postgresql@18/bin",
            "postgresql@17/lib",
            "other/bin",
        ] {
            fs::create_dir_all(parent.path().join(directory)).unwrap();
        }
        let found = expand(parent.path(), "postgresql@", "bin");
        assert_eq!(
            found,
            [
                parent.path().join("postgresql@18/bin"),
                parent.path().join("postgresql@14/bin")
            ]
        );
        assert_eq!(expand(parent.path(), "other", ""), [parent.path().join("other")]);
        assert!(expand(&parent.path().join("missing"), "", "bin").is_empty());
    }

    #[test]
    fn relative_entries_of_a_path_are_no_places_to_run_programs_from() {
        let search = Search::new(Some(OsStr::new("/usr/bin:.::bin:/bin")));
        assert_eq!(search.path(), ["/usr/bin", "/bin"].map(std::path::PathBuf::from));
    }

    #[test]
    fn named_directories_exclude_all_others() {
        let search = Search::only(["/nowhere/bin"]);
        assert!(search.well_known().is_empty());
        assert_eq!(search.program("psql"), None);
    }
}
