//! Things named by id or by name.

use std::convert::Infallible;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

/// A tenant or a token as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOrName {
    /// By its id.
    Id(Uuid),
    /// By its name: everything that is no UUID.
    Name(String),
}

impl FromStr for IdOrName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Uuid::parse_str(text).map_or_else(|_| Self::Name(text.to_owned()), Self::Id))
    }
}

/// Whether `given` names what has this name: literally, or in Unicode's form NFC, in which names are stored.
pub(super) fn is_named(name: &str, given: &str) -> bool {
    name == given || name.chars().eq(given.nfc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_in_either_form() {
        let (composed, decomposed) = ("Zo\u{eb}", "Zoe\u{308}");
        assert!(is_named(composed, composed));
        assert!(is_named(composed, decomposed));
        // Older versions stored names unchanged.
        assert!(is_named(decomposed, decomposed));
        assert!(!is_named(decomposed, composed));
    }

    #[test]
    fn a_uuid_is_an_id_and_all_else_a_name() {
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(IdOrName::Id(id)));
        assert_eq!("acme".parse(), Ok(IdOrName::Name("acme".to_owned())));
    }
}
