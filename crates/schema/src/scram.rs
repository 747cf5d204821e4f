//! SCRAM-SHA-256 verifiers, computed in the client so that no password stands in a statement.
//!
//! RFC 5802 section 3, RFC 7677, and PostgreSQL's form of the stored verifier:
//! `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
//!
//! The iteration count is the price of one guess at a password, and of each login. 256 random bits cannot be guessed:
//! half of them are 2^255 hashes, stretched 4096 times 2^267, so one iteration is as safe as any count. For a password
//! that a person chose, stretching is the only protection against a dictionary. Hence two functions, told apart by
//! type: only a [`GeneratedPassword`] gets one iteration, and text cannot become one.
//!
//! RFC 5802 allows any positive count and recommends at least 4096 for servers (section 5.1), with chosen passwords in
//! mind. Both sides follow the count in the verifier: PostgreSQL from 10 on, libpq and sqlx accept any, some other
//! clients refuse fewer than 4096. Only this service logs in with the passwords that it generates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::password::GeneratedPassword;

/// PostgreSQL's own iteration count, for passwords that a person may have chosen.
const CHOSEN: u32 = 4096;
/// The iteration count for 256 random bits. Measured with eight concurrent logins by sqlx: 300 logins a second, 240
/// with 4096 iterations.
const GENERATED: u32 = 1;
/// The length of PostgreSQL's own salts.
const SALT_BYTES: usize = 16;

/// Why a verifier could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum ScramError {
    /// The password is empty or has characters for which `SASLprep` (RFC 4013) is not the identity.
    #[error("the password must be of printable ASCII characters, and not empty")]
    NotAscii,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for the salt")]
    Random(#[source] getrandom::Error),
}

/// The verifier of a generated password, with one iteration.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn of_generated(password: &GeneratedPassword) -> Result<String, ScramError> {
    Ok(verifier(password.expose().as_bytes(), &salt()?, GENERATED))
}

/// The verifier of any other password, with 4096 iterations.
///
/// # Errors
/// When the password is not printable ASCII, or the operating system gives no random bytes.
pub fn of_chosen(password: &SecretString) -> Result<String, ScramError> {
    let password = password.expose_secret();
    let printable = |byte: u8| (0x20..=0x7e).contains(&byte);
    if password.is_empty() || !password.bytes().all(printable) {
        return Err(ScramError::NotAscii);
    }
    Ok(verifier(password.as_bytes(), &salt()?, CHOSEN))
}

fn salt() -> Result<[u8; SALT_BYTES], ScramError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(ScramError::Random)?;
    Ok(salt)
}

fn verifier(password: &[u8], salt: &[u8], iterations: u32) -> String {
    let salted = Zeroizing::new(pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(
        password, salt, iterations,
    ));
    let stored_key = Sha256::digest(hmac(&salted, b"Client Key"));
    let server_key = hmac(&salted, b"Server Key");
    let [salt, stored_key, server_key] = [salt, &stored_key, &server_key].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${iterations}:{salt}${stored_key}:{server_key}")
}

fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // HMAC pads a shorter key with zeros to the block size (RFC 2104 section 2). A key of that size cannot fail.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::random_secret;

    /// The exchange of RFC 7677 section 3: user, password "pencil", i=4096. The verifier's keys must reproduce its
    /// proof and its server signature.
    #[test]
    fn rfc_7677_example() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let text = verifier(b"pencil", &salt, 4096);
        let (stored, server) = text.rsplit_once('$').unwrap().1.split_once(':').unwrap();
        let stored: [u8; 32] = STANDARD.decode(stored).unwrap().try_into().unwrap();
        let server: [u8; 32] = STANDARD.decode(server).unwrap().try_into().unwrap();
        let auth = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
            s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

        assert_eq!(
            STANDARD.encode(hmac(&server, auth)),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
        let proof = STANDARD
            .decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
            .unwrap();
        let signature = hmac(&stored, auth);
        let client_key: Vec<u8> = proof
            .iter()
            .zip(signature)
            .map(|(proof, signature)| proof ^ signature)
            .collect();
        assert_eq!(Sha256::digest(&client_key).as_slice(), stored);
    }

    #[test]
    fn a_chosen_password_is_stretched_and_ascii() {
        assert!(
            of_chosen(&"correct horse".to_owned().into())
                .unwrap()
                .starts_with("SCRAM-SHA-256$4096:")
        );
        assert!(matches!(
            of_chosen(&"pässword".to_owned().into()),
            Err(ScramError::NotAscii)
        ));
        assert!(matches!(
            of_chosen(&String::new().into()),
            Err(ScramError::NotAscii)
        ));
    }

    /// Text in the form of a generated password is stretched too: only its origin makes it one.
    #[test]
    fn only_a_generated_password_gets_a_single_iteration() {
        let text = random_secret().unwrap();
        assert!(of_chosen(&text).unwrap().starts_with("SCRAM-SHA-256$4096:"));
        let generated = GeneratedPassword::unsealed(text).unwrap();
        assert!(of_generated(&generated).unwrap().starts_with("SCRAM-SHA-256$1:"));
        for chosen in [
            String::new(),
            "pencil".to_owned(),
            "correct horse battery staple".repeat(2),
        ] {
            assert!(GeneratedPassword::unsealed(chosen.into()).is_none());
        }
    }

    #[test]
    fn two_verifiers_of_one_password_differ_in_salt() {
        let password = GeneratedPassword::random().unwrap();
        assert_ne!(of_generated(&password).unwrap(), of_generated(&password).unwrap());
    }
}
