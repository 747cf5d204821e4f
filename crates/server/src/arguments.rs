//! Arguments that are more than their text.

use control_plane::{Expiry, Role};
use humantime_serde::re::humantime;
use web::read::timestamp;

/// A role by its name.
pub(crate) fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("none of {}", Role::ALL.map(Role::as_str).join(", ")))
}

/// A moment, or a duration from now on by the control store's clock.
pub(crate) fn expiry(text: &str) -> Result<Expiry, String> {
    if let Some(moment) = timestamp::parse(text) {
        return Ok(Expiry::At(moment));
    }
    humantime::parse_duration(text)
        .map(Expiry::In)
        .map_err(|_| "neither RFC 3339 such as 2027-01-31T12:00:00Z nor a duration such as 90d".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_end_is_a_moment_or_a_duration() {
        assert_eq!(
            expiry("2027-01-31T12:00:00Z"),
            Ok(Expiry::At(datetime!(2027-01-31 12:00 UTC)))
        );
        assert_eq!(expiry("90d"), Ok(Expiry::In(Duration::from_hours(24 * 90))));
        for wrong in ["", "tomorrow", "90", "2027-01-31"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn roles_have_their_names() {
        for one in Role::ALL {
            assert_eq!(role(one.as_str()), Ok(one));
        }
        assert_eq!(role("root"), Err("none of viewer, operator, admin".to_owned()));
    }
}
