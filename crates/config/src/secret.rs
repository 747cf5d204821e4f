//! Secrets and their `_file` forms.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use private_files::Readers;
use secrecy::{ExposeSecret as _, SecretString};

use super::declare::Part;
use super::loader::Loader;
use super::{Key, Origin, Problem, Profile};

/// A larger file is no secret but a wrong path.
const LARGEST_FILE: usize = 64 * 1024;

/// In production: fewer characters could be guessed.
const SHORTEST_TOKEN: usize = 32;

/// What is checked of a secret beyond not being empty.
pub(super) trait SecretKind {
    /// What is wrong with it, without the secret itself.
    fn check(_secret: &str, _profile: Profile) -> Result<(), String> {
        Ok(())
    }
}

/// A password of PostgreSQL's.
pub(super) struct Password;

impl SecretKind for Password {}

/// A bearer token.
pub(super) struct BearerToken;

impl SecretKind for BearerToken {
    fn check(token: &str, profile: Profile) -> Result<(), String> {
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "has characters that a header cannot carry: use visible ASCII without spaces".to_owned(),
            );
        }
        if profile == Profile::Production && token.len() < SHORTEST_TOKEN {
            return Err(format!(
                "has fewer than {SHORTEST_TOKEN} characters and could be guessed"
            ));
        }
        Ok(())
    }
}

/// Two keys: the secret itself, and with `_file` the path of a file that holds it.
pub(super) struct Secret<K>(PhantomData<K>);

impl<K: SecretKind> Part for Secret<K> {
    type Output = Option<SecretString>;

    fn load(section: &str, name: &str, loader: &mut Loader) -> Option<Self::Output> {
        let mut key = Key::new(section, name);
        key.is_secret = true;
        loader.keys.push(key.clone());
        let form = Key::new(section, &format!("{name}_file"));
        let path = Option::<PathBuf>::load(section, &form.name, loader)?;
        let Some((_, origin)) = loader.get(&key) else {
            return Some(None);
        };
        let profile = loader.profile;
        let checked = |secret: SecretString| K::check(secret.expose_secret(), profile).map(|()| secret);
        let secret = match path {
            Some(path) if origin.kind == Origin::SECRET_FILE => {
                if !loader.purpose.reads(&key, profile) {
                    return Some(None);
                }
                let (_, origin) = loader.get(&form)?;
                let unusable = |reason| format!("{:?} {reason}", path.to_string_lossy());
                read(&path)
                    .and_then(checked)
                    .map_err(|reason| Problem::invalid(&form, &origin, unusable(reason)))
            }
            _ => checked(loader.secret(&key)?).map_err(|reason| Problem::invalid(&key, &origin, reason)),
        };
        secret
            .map_err(|problem| loader.problems.push(problem))
            .ok()
            .map(Some)
    }
}

/// The secret that a file holds, or what is wrong with the file as the end of a sentence that begins with it.
fn read(path: &Path) -> Result<SecretString, String> {
    let bytes =
        private_files::read(path, Readers::Group, LARGEST_FILE).map_err(|error| unusable(path, error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8".to_owned())?;
    // One newline is an editor's; a second one belongs to the secret.
    let text = text
        .strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(SecretString::from(text))
}

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
