//! UUIDs in requests.

use serde::Deserialize;
use uuid::Uuid;

/// A UUID in its usual form of 36 characters, in any case of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(Uuid);

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let id = parse_uuid(&text).map(Self);
        id.ok_or("must be a UUID, such as 0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44")
    }
}

impl From<Id> for Uuid {
    fn from(Id(id): Id) -> Self {
        id
    }
}

/// Reads the usual form alone: one id has one spelling, but for the case of its letters. The `uuid` crate would also
/// take braces, `urn:uuid:` and no hyphens.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_spelling() {
        let read = |text: &str| Id::try_from(text.to_owned());
        let id = "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44";
        assert!(read(id).is_ok());
        assert!(read(&id.to_uppercase()).is_ok());
        for wrong in [
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            String::new(),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
