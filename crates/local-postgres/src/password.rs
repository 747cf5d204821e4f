//! The superuser's password.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::error::IoContext;
use crate::{Error, files};

/// A new password: 32 random bytes as hexadecimal digits, which need no quoting anywhere.
pub(crate) fn generate() -> Result<SecretString, Error> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut()).context("generate a password")?;
    Ok(hex::encode(bytes.as_ref()).into())
}

/// Writes a password to a file of mode 0600.
pub(crate) fn write(path: &Path, password: &SecretString) -> Result<(), Error> {
    files::write_private(path, password.expose_secret().as_bytes())
}

/// Reads a password that was written.
pub(crate) fn read(path: &Path) -> Result<SecretString, Error> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Zeroizing::default(),
        text => Zeroizing::new(text.on("read", path)?),
    };
    match text.trim() {
        "" => Err(Error::PasswordMissing {
            path: path.to_owned(),
        }),
        password => Ok(password.into()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{generate, read, write};
    use crate::Error;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.expose_secret().len(), 64);
        assert!(one.expose_secret().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

    #[test]
    fn a_written_password_is_read_back_and_a_missing_one_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        assert!(matches!(read(&path), Err(Error::PasswordMissing { .. })));
        let password = generate().unwrap();
        write(&path, &password).unwrap();
        assert_eq!(read(&path).unwrap().expose_secret(), password.expose_secret());
    }
}
