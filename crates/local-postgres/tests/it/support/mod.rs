//! What all tests share.

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

/// A place for one server, whose root directory does not exist yet. Whatever is left in it when the test ends, in
/// failure too, is stopped and removed.
pub(crate) struct Place {
    directory: TempDir,
    pub(crate) root: PathBuf,
    /// Where root puts data that the server's account could not reach.
    pub(crate) shared: PathBuf,
}

impl Place {
    /// One that every account can pass.
    pub(crate) fn new() -> Self {
        Self::with_mode(0o755)
    }

    /// One whose parent has this mode.
    pub(crate) fn with_mode(mode: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        open_to_all(directory.path());
        let checkout = directory.path().join("check out");
        fs::create_dir(&checkout).expect("a directory");
        fs::set_permissions(&checkout, Permissions::from_mode(mode)).expect("its mode");
        let shared = directory.path().join("shared");
        Self {
            root: checkout.join("postgres"),
            shared,
            directory,
        }
    }

    pub(crate) fn options(&self) -> Options {
        let options = Options::new(&self.root).shared_base(&self.shared);
        #[cfg(feature = "download")]
        let options = options.download(None);
        options
    }

    /// A new directory beside the checkout, open to all.
    pub(crate) fn side(&self, name: &str) -> PathBuf {
        let side = self.directory.path().join(name);
        fs::create_dir_all(&side).expect("a directory");
        open_to_all(&side);
        side
    }

    /// The names in the root directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.root) else {
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

impl Drop for Place {
    fn drop(&mut self) {
        // Fails where a test left what is not to be touched; the directory goes in any case.
        let _ = LocalPostgres::reset(&self.options());
    }
}

/// Lets every account look in.
pub(crate) fn open_to_all(directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("a mode");
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a statement with `psql` and returns what it prints, or what it complains about.
pub(crate) fn sql(endpoint: &Endpoint, statement: &str) -> Result<String, String> {
    sql_as(endpoint, endpoint.password().expose_secret(), statement)
}

/// The same with this password.
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
    /// What options take.
    pub(crate) fn recorder(&self) -> Arc<dyn local_postgres::Progress> {
        let steps = Arc::clone(&self.0);
        Arc::new(move |step: &Step| steps.lock().expect("no panic").push(step.clone()))
    }

    /// All so far.
    pub(crate) fn taken(&self) -> Vec<Step> {
        self.0.lock().expect("no panic").clone()
    }

    /// Where the programs that were chosen are, and their version.
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

/// Whether anything is there, be it a dangling link.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
