//! Parsers of arguments.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use admin_types::Tenant;
use clap::builder::PossibleValuesParser;
use humantime_serde::re::humantime;
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::client::ClientError;
use crate::text::counted;

/// One of these names, which `--help` and the completions list.
pub(super) fn one_of<const N: usize>(names: [&'static str; N]) -> PossibleValuesParser {
    PossibleValuesParser::new(names)
}

/// When an API key or a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// At this moment.
    At(OffsetDateTime),
    /// After this time, by the clock of the service.
    In(Duration),
}

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// This moment.
    At(OffsetDateTime),
    /// This long ago, by the clock of the service.
    Ago(Duration),
}

impl FromStr for Past {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(moment) = moment(text) {
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
    /// The service's default.
    pub(crate) const DEFAULT: Self = Self(Tenant::DEFAULT_GRACE_HOURS);

    /// Its end if it begins now, to the minute. The true end is later by the time that the operator takes to answer.
    ///
    /// # Errors
    /// When the date is out of range.
    pub(crate) fn end(self, now: OffsetDateTime) -> Result<String, ClientError> {
        let grace = Duration::from_secs(self.0.saturating_mul(3600));
        let end = time::Duration::try_from(grace)
            .ok()
            .and_then(|grace| now.checked_add(grace))
            .ok_or_else(|| ClientError::Usage("the date is out of range".to_owned()))?;
        Ok(format!("{} {:02}:{:02}Z", end.date(), end.hour(), end.minute()))
    }
}

/// In days if it is a whole number of days.
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

    /// Shells remove quotation marks, so they are optional.
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
            _ => Err("not an entity tag such as \"7\""),
        }
    }
}

/// An id.
pub(super) fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::parse_str(text).map_err(|_| "no id such as 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1")
}

/// A time limit.
pub(super) fn wait_time(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "no duration such as 500ms, 30s or 1h")
}

/// A moment, or a duration from now.
///
/// # Errors
/// When it is neither.
pub fn expiry(text: &str) -> Result<Expiry, &'static str> {
    if let Some(moment) = moment(text) {
        return Ok(Expiry::At(moment));
    }
    let from_now = humantime::parse_duration(text).map(Expiry::In);
    from_now.map_err(|_| "neither RFC 3339 such as 2027-01-31T12:00:00Z nor a duration such as 90d")
}

/// The same, `now` or `never`.
pub(super) fn end(text: &str) -> Result<Expiry, &'static str> {
    match text {
        "now" => Ok(Expiry::In(Duration::ZERO)),
        "never" => Ok(Expiry::Never),
        _ => expiry(text),
    }
}

/// A JSON object, or `@FILE` with one.
pub(super) fn metadata(text: &str) -> Result<Box<RawValue>, String> {
    let read = match text.strip_prefix('@') {
        Some(file) => {
            &std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?
        }
        None => text,
    };
    let json: Box<RawValue> =
        serde_json::from_str(read).map_err(|error| format!("not a JSON object: {error}"))?;
    if json.get().starts_with('{') {
        Ok(json)
    } else {
        Err("not a JSON object".to_owned())
    }
}

/// An RFC 3339 timestamp, in UTC.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)
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
    fn a_grace_period_is_shown_with_its_end() {
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
    fn an_error_gives_an_example() {
        assert!(id("acme").unwrap_err().starts_with("no id such as "));
        assert!(
            wait_time("5 nights")
                .unwrap_err()
                .starts_with("no duration such as ")
        );
        assert_eq!(wait_time("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_tag_is_read_with_and_without_quotes() {
        for text in ["7", "\"7\""] {
            assert_eq!(text.parse(), Ok(EntityTag("\"7\"".to_owned())));
        }
        assert_eq!("*".parse(), Ok(EntityTag("*".to_owned())));
        for wrong in ["", "\"\"", "a b", "\"7\", \"8\"", "\""] {
            assert!(wrong.parse::<EntityTag>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_is_an_object_or_a_file_with_one() {
        let object = r#"{"plan": "gold"}"#;
        assert_eq!(metadata(object).unwrap().get(), object);
        for wrong in ["", "[]", "7", "{", "@/nonexistent"] {
            assert!(metadata(wrong).is_err(), "{wrong}");
        }
    }
}
