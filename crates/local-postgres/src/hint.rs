//! What a user installs when PostgreSQL is missing.

/// The commands that install any PostgreSQL that is new enough.
pub(crate) const INSTALL: &str = if cfg!(target_os = "macos") {
    "install PostgreSQL 14 or newer: `brew install postgresql@18`, or Postgres.app"
} else {
    "install PostgreSQL 14 or newer: `apt install postgresql` (Debian, Ubuntu), \
     `dnf install postgresql-server` (Fedora), `apk add postgresql` (Alpine) or `pacman -S postgresql` (Arch)"
};

/// The commands that install one major version.
pub(crate) fn install_major(major: u32) -> String {
    if cfg!(target_os = "macos") {
        format!("install PostgreSQL {major}: `brew install postgresql@{major}`")
    } else {
        format!(
            "install PostgreSQL {major}: `apt install postgresql-{major}` (Debian, Ubuntu) or \
             `dnf install postgresql{major}-server` (Fedora)"
        )
    }
}
