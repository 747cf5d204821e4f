//! Arguments that are more than their text.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use control_plane::{DEFAULT_GRACE, Expiry};
use humantime_serde::re::humantime;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;
use web::read::{timestamp, unique_names};

use crate::client::ClientError;
use crate::output::counted;

/// A tenant as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantRef {
    /// By its id.
    Id(Uuid),
    /// By its name: whatever reads as no id.
    Name(String),
}

impl FromStr for TenantRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Uuid::parse_str(text).map_or_else(|_| Self::Name(text.to_owned()), Self::Id))
    }
}

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// This one.
    At(OffsetDateTime),
    /// So long before now, by the service's clock.
    Ago(Duration),
}

impl FromStr for Past {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(moment) = timestamp::parse(text) {
            return Ok(Self::At(moment));
        }
        let ago = humantime::parse_duration(text).map(Self::Ago);
        ago.map_err(|_| "neither RFC 3339 such as 2027-01-31T12:00:00Z nor a duration such as 24h")
    }
}

/// A whole number of hours, given as a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraceHours(pub u64);

impl GraceHours {
    /// What the service takes where nobody says.
    pub(crate) const DEFAULT: Self = Self(DEFAULT_GRACE.whole_hours().unsigned_abs());

    /// When it is over that begins now, to the minute. It is told before it begins, so that it is later by as long as
    /// the answer takes.
    ///
    /// # Errors
    /// When that is too far away to be a date.
    pub(crate) fn end(self, now: OffsetDateTime) -> Result<String, ClientError> {
        let grace = Duration::from_secs(self.0.saturating_mul(3600));
        let end = time::Duration::try_from(grace)
            .ok()
            .and_then(|grace| now.checked_add(grace))
            .ok_or_else(|| ClientError::Usage("that is too far away to be a date".to_owned()))?;
        Ok(format!("{} {:02}:{:02}Z", end.date(), end.hour(), end.minute()))
    }
}

/// In days where it is whole days.
impl fmt::Display for GraceHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 24, self.0 % 24) {
            (days @ 1.., 0) => f.write_str(&counted(days, "day")),
            _ => f.write_str(&counted(self.0, "hour")),
        }
    }
}

impl FromStr for GraceHours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "no duration in whole hours such as 36h or 30d";
        let given = humantime::parse_duration(text).map_err(|_| wrong)?;
        let hours = given.as_secs() / 3600;
        (given == Duration::from_secs(hours * 3600))
            .then_some(Self(hours))
            .ok_or(wrong)
    }
}

/// An entity tag (RFC 9110 section 8.8.3) as `If-Match` takes it, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(pub String);

impl FromStr for EntityTag {
    type Err = &'static str;

    /// Shells eat quotation marks, so they need not be there.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text);
        match bare {
            "*" => Ok(Self("*".to_owned())),
            _ if !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') => {
                Ok(Self(format!("\"{bare}\"")))
            }
            _ => Err("no entity tag such as \"7\""),
        }
    }
}

/// An id.
pub(super) fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::parse_str(text).map_err(|_| "no id such as 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1")
}

/// How long something is waited for.
pub(super) fn patience(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "no duration such as 500ms, 30s or 1h")
}

/// A moment, or a duration from now on.
pub(super) fn expiry(text: &str) -> Result<Expiry, &'static str> {
    if let Some(moment) = timestamp::parse(text) {
        return Ok(Expiry::At(moment));
    }
    let from_now = humantime::parse_duration(text).map(Expiry::In);
    from_now.map_err(|_| "neither RFC 3339 such as 2027-01-31T12:00:00Z nor a duration such as 90d")
}

/// The same, or `now`, or `never`.
pub(super) fn end(text: &str) -> Result<Expiry, &'static str> {
    match text {
        "now" => Ok(Expiry::In(Duration::ZERO)),
        "never" => Ok(Expiry::Never),
        _ => expiry(text),
    }
}

/// A JSON object, or `@FILE` with one.
pub(super) fn metadata(text: &str) -> Result<Map<String, Value>, String> {
    let read = match text.strip_prefix('@') {
        Some(file) => {
            &std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?
        }
        None => text,
    };
    let object = unique_names(read).and_then(|()| serde_json::from_str(read));
    object.map_err(|error| format!("no JSON object: {error}"))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_end_is_a_moment_or_a_duration() {
        let moment = datetime!(2027-01-31 12:00 UTC);
        assert_eq!(expiry("2027-01-31T12:00:00Z"), Ok(Expiry::At(moment)));
        assert_eq!(expiry("90d"), Ok(Expiry::In(Duration::from_hours(24 * 90))));
        for wrong in ["", "tomorrow", "90", "2027-01-31", "now", "never"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
        assert_eq!(end("now"), Ok(Expiry::In(Duration::ZERO)));
        assert_eq!(end("never"), Ok(Expiry::Never));
        assert_eq!(end("90d"), expiry("90d"));
        assert_eq!("2027-01-31T12:00:00Z".parse(), Ok(Past::At(moment)));
        assert_eq!("24h".parse(), Ok(Past::Ago(Duration::from_hours(24))));
        assert!("now".parse::<Past>().is_err());
    }

    #[test]
    fn a_grace_period_is_in_whole_hours() {
        for (text, hours) in [("0h", 0), ("36h", 36), ("30d", 720), ("60m", 1)] {
            assert_eq!(text.parse(), Ok(GraceHours(hours)), "{text}");
        }
        for wrong in ["", "7", "90m", "1ms", "-1h"] {
            assert!(wrong.parse::<GraceHours>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_grace_period_is_told_with_its_end() {
        let now = datetime!(2026-12-30 23:05:59 UTC);
        for (hours, text, end) in [
            (168, "7 days", "2027-01-06 23:05Z"),
            (36, "36 hours", "2027-01-01 11:05Z"),
            (1, "1 hour", "2026-12-31 00:05Z"),
        ] {
            let grace = GraceHours(hours);
            assert_eq!(
                (grace.to_string().as_str(), grace.end(now).unwrap()),
                (text, end.to_owned())
            );
        }
        assert!(GraceHours(u64::MAX / 3600).end(now).is_err());
    }

    #[test]
    fn what_is_wrong_is_told_by_an_example() {
        assert!(id("acme").unwrap_err().starts_with("no id such as "));
        assert!(
            patience("5 nights")
                .unwrap_err()
                .starts_with("no duration such as ")
        );
        assert_eq!(patience("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_tag_is_quoted_whatever_the_shell_left_of_it() {
        for text in ["7", "\"7\""] {
            assert_eq!(text.parse(), Ok(EntityTag("\"7\"".to_owned())));
        }
        assert_eq!("*".parse(), Ok(EntityTag("*".to_owned())));
        for wrong in ["", "\"\"", "a b", "\"7\", \"8\"", "\""] {
            assert!(wrong.parse::<EntityTag>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_reads_as_an_id_is_one() {
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(TenantRef::Id(id)));
        assert_eq!("acme".parse(), Ok(TenantRef::Name("acme".to_owned())));
    }

    #[test]
    fn metadata_is_an_object_or_a_file_with_one() {
        assert_eq!(metadata(r#"{"plan": "gold"}"#).unwrap()["plan"], "gold");
        for wrong in ["", "[]", "7", "{", "@/nonexistent", r#"{"a": {"b": 1, "b": 2}}"#] {
            assert!(metadata(wrong).is_err(), "{wrong}");
        }
    }
}
