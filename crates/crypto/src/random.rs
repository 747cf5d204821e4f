//! Random bytes of the operating system, for nonces and ids. Keys: [`SecretKey::generate`](crate::SecretKey::generate).

use crate::Error;

/// `N` bytes from the operating system's generator.
///
/// # Errors
/// [`Error::Randomness`] when the operating system has none to give.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Randomness)?;
    Ok(bytes)
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
