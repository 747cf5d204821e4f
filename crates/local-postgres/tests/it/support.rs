//! Shared by all tests.

#[cfg(feature = "download")]
pub(crate) mod archive;
pub(crate) mod fake;
#[cfg(feature = "download")]
pub(crate) mod http;
pub(crate) mod process;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use local_postgres::{Endpoint, LocalPostgres, Options, Search, Step};
use secrecy::ExposeSecret;
use tempfile::TempDir;

/// A checkout for one server, whose directory does not exist yet. Dropping it stops and removes the server, also when
/// the test fails.
pub(crate) struct Checkout {
    outer: TempDir,
    /// The server's directory.
    pub(crate) directory: PathBuf,
    /// The base of `Options::shared_base`.
    pub(crate) shared: PathBuf,
}

impl Checkout {
    /// A checkout that every account can pass.
    pub(crate) fn new() -> Self {
        Self::with_mode(0o755)
    }

    /// A checkout of this mode.
    pub(crate) fn with_mode(mode: u32) -> Self {
        let outer = tempfile::tempdir().expect("a temporary directory");
        open_to_all(outer.path());
        let checkout = outer.path().join("check out");
        fs::create_dir(&checkout).expect("a directory");
        fs::set_permissions(&checkout, Permissions::from_mode(mode)).expect("its mode");
        Self {
            directory: checkout.join("postgres"),
            shared: outer.path().join("shared"),
            outer,
        }
    }

    pub(crate) fn options(&self) -> Options {
        let options = Options::new(&self.directory).shared_base(&self.shared);
        #[cfg(feature = "download")]
        let options = options.download(None);
        options
    }

    /// A new directory beside the checkout, open to all.
    pub(crate) fn side(&self, name: &str) -> PathBuf {
        let side = self.outer.path().join(name);
        fs::create_dir_all(&side).expect("a directory");
        open_to_all(&side);
        side
    }

    /// The names in the server's directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // Fails where a test left data that this crate did not create; the directory is removed in any case.
        let _ = LocalPostgres::reset(&self.options());
    }
}

/// Gives every account access.
pub(crate) fn open_to_all(directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("a mode");
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a statement with `psql`; returns its output, or its error messages.
pub(crate) fn sql(endpoint: &Endpoint, statement: &str) -> Result<String, String> {
    sql_as(endpoint, endpoint.password().expose_secret(), statement)
}

/// Like [`sql`], with this password.
pub(crate) fn sql_as(endpoint: &Endpoint, password: &str, statement: &str) -> Result<String, String> {
    let psql = endpoint.psql().map(Path::to_owned);
    let psql = psql.or_else(|| program("psql")).expect("psql is installed");
    let output = Command::new(psql)
        .env("PGPASSWORD", password)
        .args([
            "-X",
            "-A",
            "-t",
            "-q",
            "-w",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            "postgres",
        ])
        .args([
            "-h",
            endpoint.host(),
            "-p",
            &endpoint.port().to_string(),
            "-U",
            endpoint.superuser(),
        ])
        .args(["-c", statement])
        .current_dir("/")
        .output()
        .expect("psql runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .iter()
        .map(|bin| Path::new(bin).join(name))
        .find(|p| p.is_file())
}

/// Collects the steps of a start.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<Step>>>);

impl Steps {
    /// For [`Options::progress`].
    pub(crate) fn recorder(&self) -> impl Fn(&Step) + Send + Sync + use<> {
        let steps = Arc::clone(&self.0);
        move |step: &Step| steps.lock().expect("no panic").push(step.clone())
    }

    /// All steps so far.
    pub(crate) fn taken(&self) -> Vec<Step> {
        self.0.lock().expect("no panic").clone()
    }

    /// The directory and version of the programs that were chosen.
    pub(crate) fn found(&self) -> Option<(PathBuf, String)> {
        self.taken().into_iter().find_map(|step| match step {
            Step::Found { version, bin_dir } => Some((bin_dir, version.to_string())),
            _ => None,
        })
    }
}

/// A search that finds nothing at all.
pub(crate) fn nothing_installed() -> Search {
    Search::only(Vec::<PathBuf>::new())
}

/// Whether a path exists, or is a dangling link.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
