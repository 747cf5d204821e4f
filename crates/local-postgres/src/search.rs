//! Directories that may contain server programs.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::files::is_program;

/// Directories that may contain server programs. Of equal versions, the first one found is used.
#[derive(Debug, Clone, Default)]
pub struct Search {
    path: Vec<PathBuf>,
    packaged: bool,
}

/// Where packages install server programs.
const PACKAGED: &[&str] = &[
    "/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                                   // PostgreSQL's own packages for Fedora and RHEL
    "/usr/libexec/postgresql*",                           // Alpine
    "/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple silicon
    "/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
    "/opt/homebrew/bin",                                  // Homebrew, linked
    "/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
];

impl Search {
    /// The `PATH` of this process, the directories named by `pg_config` there, and those of known packages.
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH locates programs and is no configuration; nothing else here reads the environment"
    )]
    pub fn system() -> Self {
        Self::new(env::var_os("PATH").as_deref())
    }

    /// Like [`system`](Self::system), with another `PATH`.
    pub fn new(path: Option<&OsStr>) -> Self {
        let path = path.into_iter().flat_map(env::split_paths);
        Self {
            path: path.filter(|entry| entry.is_absolute()).collect(),
            packaged: true,
        }
    }

    /// These directories and no others.
    pub fn only(directories: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            path: directories.into_iter().map(Into::into).collect(),
            packaged: false,
        }
    }

    /// Directories that may contain programs, and `pg_config`.
    pub(crate) fn path(&self) -> &[PathBuf] {
        &self.path
    }

    /// The existing directories of known packages.
    pub(crate) fn packaged(&self) -> Vec<PathBuf> {
        let patterns = if self.packaged { PACKAGED } else { &[] };
        patterns.iter().flat_map(|pattern| matches(pattern)).collect()
    }

    /// The `psql` beside the server's programs, else the first one on the path.
    pub(crate) fn psql(&self, bin_dir: &Path) -> Option<PathBuf> {
        let path = self.path.iter().map(PathBuf::as_path);
        [bin_dir]
            .into_iter()
            .chain(path)
            .map(|directory| directory.join("psql"))
            .find(|psql| is_program(psql))
    }
}

/// The existing paths that match a pattern, the last name first.
fn matches(pattern: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = glob::glob(pattern).into_iter().flatten().flatten().collect();
    paths.reverse();
    paths
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::path::Path;

    use super::{PACKAGED, Search, matches};

    #[test]
    fn a_pattern_finds_only_matching_directories() {
        let parent = tempfile::tempdir().unwrap();
        for directory in [
            "postgresql@14/bin",
            "postgresql@18/bin",
            "postgresql@17/lib",
            "other/bin",
        ] {
            fs::create_dir_all(parent.path().join(directory)).unwrap();
        }
        let matches = |pattern: &str| matches(&format!("{}/{pattern}", parent.path().display()));
        assert_eq!(
            matches("postgresql@*/bin"),
            [
                parent.path().join("postgresql@18/bin"),
                parent.path().join("postgresql@14/bin")
            ]
        );
        assert_eq!(matches("other*"), [parent.path().join("other")]);
        assert!(matches("missing/*/bin").is_empty());
        for pattern in PACKAGED {
            assert!(glob::Pattern::new(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn relative_path_entries_are_ignored() {
        let search = Search::new(Some(OsStr::new("/usr/bin:.::bin:/bin")));
        assert_eq!(search.path(), ["/usr/bin", "/bin"].map(std::path::PathBuf::from));
    }

    #[test]
    fn only_the_named_directories_are_searched() {
        let search = Search::only(["/nowhere/bin"]);
        assert!(search.packaged().is_empty());
        assert_eq!(search.psql(Path::new("/elsewhere/bin")), None);
    }
}
