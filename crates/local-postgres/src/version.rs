//! Versions of PostgreSQL.

use std::fmt;

/// A version of PostgreSQL, as in `18.3`. A beta or development version counts as minor 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Decides the format of a data directory.
    pub major: u32,
    /// Bug fixes; any minor of one major runs the same data directory.
    pub minor: u32,
}

impl Version {
    /// The oldest major that this crate starts.
    pub const OLDEST_MAJOR: u32 = 14;

    /// Reads what `postgres --version` prints, for example `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    pub(crate) fn from_banner(banner: &str) -> Option<Self> {
        let (_, after) = banner.split_once("(PostgreSQL)")?;
        Self::from_number(after.split_whitespace().next()?)
    }

    /// Reads `18.3`, `18.3.0`, `19beta1` or `19devel`.
    pub(crate) fn from_number(number: &str) -> Option<Self> {
        let (major, rest) = leading_number(number)?;
        let minor = rest
            .strip_prefix('.')
            .and_then(leading_number)
            .map_or(0, |(minor, _)| minor);
        Some(Self { major, minor })
    }
}

fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn banners_of_distributions_are_read() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(
            Version::from_banner(debian),
            Some(Version { major: 15, minor: 18 })
        );
        assert_eq!(
            Version::from_banner("postgres (PostgreSQL) 18.4\n"),
            Some(Version { major: 18, minor: 4 })
        );
        assert_eq!(
            Version::from_banner("postgres (PostgreSQL) 19beta2"),
            Some(Version { major: 19, minor: 0 })
        );
        assert_eq!(
            Version::from_banner("postgres (PostgreSQL) 19devel"),
            Some(Version { major: 19, minor: 0 })
        );
    }

    #[test]
    fn a_banner_of_another_program_has_no_version() {
        assert_eq!(Version::from_banner("sh 5.2"), None);
        assert_eq!(Version::from_banner("postgres (PostgreSQL) unknown"), None);
        assert_eq!(Version::from_banner(""), None);
    }

    #[test]
    fn versions_order_by_number_not_by_text() {
        assert!(Version::from_number("9.6") < Version::from_number("14.0"));
        assert!(Version::from_number("18.10") > Version::from_number("18.9.0"));
    }
}
