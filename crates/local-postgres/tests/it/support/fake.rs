//! Scripts in place of PostgreSQL's programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An `initdb` that succeeds. `$2` is the data directory.
pub(crate) const INITDB: &str = r#"mkdir -p "$2" && echo 18 > "$2/PG_VERSION""#;

/// A `postgres` that becomes ready and ignores SIGINT and SIGTERM.
pub(crate) const STUBBORN: &str = r#"
trap '' INT TERM
trap 'rm -f "$2/postmaster.pid"; exit 0' QUIT
printf '%s\n%s\n0\n5432\n\n127.0.0.1\n0 0\nready   \n' $$ "$2" > "$2/postmaster.pid.new"
mv "$2/postmaster.pid.new" "$2/postmaster.pid"
while :; do sleep 1; done"#;

/// Makes a directory `name` with scripts of this version.
pub(crate) fn installation(
    parent: &Path,
    name: &str,
    version: &str,
    initdb: &str,
    postgres: &str,
) -> PathBuf {
    let bin = parent.join(name);
    fs::create_dir_all(&bin).expect("a directory");
    let banner = format!(r#"if [ "$1" = --version ]; then echo "postgres (PostgreSQL) {version}"; exit; fi"#);
    script(&bin.join("initdb"), initdb);
    script(&bin.join("postgres"), &format!("{banner}\n{postgres}"));
    super::open_to_all(&bin);
    bin
}

/// Writes a script that every account can run.
pub(crate) fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("its mode");
}
