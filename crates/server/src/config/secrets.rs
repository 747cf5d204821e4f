//! Secrets on their way from a layer to the settings, past the merged tree.

use std::{collections::BTreeMap, path::Path};

use figment::value::Value;
use private_files::Readers;
use secrecy::SecretString;

use super::{Key, Origin, OriginKind, Problem};

/// What stands in the merged tree, and so in every report, in a secret's place.
pub(super) const REDACTED: &str = "<redacted>";

/// More is no password but a wrong path.
const LARGEST_FILE: usize = 64 * 1024;

/// The secrets that have been given. Without `Debug`, on purpose.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<Key, SecretString>);

impl Secrets {
    /// Takes the secret out of `value`; later layers replace earlier ones.
    pub(super) fn take(&mut self, key: Key, value: Value, origin: &Origin) -> Result<(), Problem> {
        if origin.kind == OriginKind::Flag {
            return Err(Problem::SecretArgument {
                key,
                origin: origin.clone(),
            });
        }
        let wrong = |reason: &str| Problem::Invalid {
            key,
            origin: origin.clone(),
            reason: reason.to_owned(),
        };
        match value {
            Value::String(_, text) if text.is_empty() => Err(wrong("must not be empty")),
            Value::String(_, text) => {
                self.0.insert(key, SecretString::from(text));
                Ok(())
            }
            _ => Err(wrong("is no text: put it in quotes")),
        }
    }

    /// Reads the secret `key` from `path`, given by its `_file` form `file` at `origin`.
    pub(super) fn read(&mut self, key: Key, file: Key, path: &Path, origin: &Origin) -> Result<(), Problem> {
        let secret = read(path).map_err(|reason| Problem::SecretFile {
            key: file,
            path: path.to_owned(),
            reason,
            origin: origin.clone(),
        })?;
        self.0.insert(key, secret);
        Ok(())
    }

    /// Hands the secret over.
    pub(super) fn remove(&mut self, path: &str) -> Option<SecretString> {
        self.0.remove(&Key::find(path)?)
    }
}

fn read(path: &Path) -> Result<SecretString, String> {
    let bytes =
        private_files::read(path, Readers::Anyone, LARGEST_FILE).map_err(|error| unusable(path, error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8".to_owned())?;
    // One newline is an editor's; a second one is meant.
    let text = text
        .strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(SecretString::from(text))
}

/// As the end of a sentence that begins with the path.
fn unusable(path: &Path, error: private_files::Error) -> String {
    use private_files::Error;
    match error {
        Error::Io { source, .. } => format!("cannot be read: {source}"),
        Error::TooLarge { limit, .. } => format!("is larger than {} KiB", limit / 1024),
        Error::Untrusted { path: at, why } if at == path => why.to_string(),
        Error::Untrusted { path: link, why } => {
            format!("leads over the link {}, which {why}", link.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use secrecy::ExposeSecret;

    use super::*;

    fn of(content: &[u8]) -> Result<String, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        read(file.path()).map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn one_trailing_newline_is_cut_and_nothing_else() {
        assert_eq!(of(b"pass").unwrap(), "pass");
        assert_eq!(of(b"pass\n").unwrap(), "pass");
        assert_eq!(of(b"pass\r\n").unwrap(), "pass");
        assert_eq!(of(b"pass\n\n").unwrap(), "pass\n");
        assert_eq!(of(b" pass word \n").unwrap(), " pass word ");
        assert_eq!(of(b"\npass").unwrap(), "\npass");
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused() {
        assert_eq!(of(b"").unwrap_err(), "is empty");
        assert_eq!(of(b"\n").unwrap_err(), "is empty");
        assert_eq!(of(b"\xff\xfe").unwrap_err(), "is not UTF-8");
        assert_eq!(of(&vec![b'x'; 65 * 1024]).unwrap_err(), "is larger than 64 KiB");
        assert!(read(Path::new("/nowhere/at/all")).is_err());
        assert!(read(Path::new("/")).is_err());
    }
}
