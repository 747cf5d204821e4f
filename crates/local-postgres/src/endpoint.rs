//! Address and credentials of a running server.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The only address that a server listens on.
pub(crate) const HOST: &str = "127.0.0.1";

/// The role that `initdb` makes.
pub(crate) const SUPERUSER: &str = "postgres";

/// Address and credentials of a running server. `Debug` redacts the password.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(crate) port: u16,
    pub(crate) password: SecretString,
    pub(crate) major: u32,
    pub(crate) pid: u32,
    pub(crate) data_directory: PathBuf,
    pub(crate) bin_dir: PathBuf,
    pub(crate) psql: Option<PathBuf>,
}

impl Endpoint {
    /// The address, always `127.0.0.1`.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's name, always `postgres`.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The superuser's password: 64 hexadecimal digits.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The postmaster's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The data directory, canonical.
    pub fn data_directory(&self) -> &Path {
        &self.data_directory
    }

    /// The directory of the server's programs.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The `psql` in [`bin_dir`](Self::bin_dir), else the first one in `PATH`.
    pub fn psql(&self) -> Option<&Path> {
        self.psql.as_deref()
    }
}

/// The directory of the programs that last served this data, from `postmaster.opts`.
pub(crate) fn bin_dir(data: &Path) -> Option<PathBuf> {
    program_directory(&fs::read_to_string(data.join("postmaster.opts")).ok()?)
}

/// The path of `postgres` comes first, unquoted; each argument follows in quotes.
fn program_directory(postmaster_opts: &str) -> Option<PathBuf> {
    let line = postmaster_opts.lines().next()?;
    let program = line.split_once(" \"").map_or(line, |(program, _)| program);
    let bin_dir = Path::new(program)
        .parent()
        .filter(|bin_dir| bin_dir.is_absolute());
    bin_dir.map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::program_directory;

    #[test]
    fn the_program_path_comes_first_and_may_contain_spaces() {
        let text = "/opt/my tools/pg/bin/postgres \"-D\" \"/data\" \"-c\" \"port=5432\"\n";
        assert_eq!(
            program_directory(text).as_deref(),
            Some(Path::new("/opt/my tools/pg/bin"))
        );
        assert_eq!(
            program_directory("/usr/bin/postgres").as_deref(),
            Some(Path::new("/usr/bin"))
        );
        assert_eq!(program_directory(""), None);
        assert_eq!(program_directory("postgres \"-D\""), None);
    }
}
