//! Limits as JSON: of plans and overrides in the store, and in the audit log.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tenant_limits::{Overrides, RequestLimits};

use crate::json::JsonText;

/// Declares the JSON forms of both types, with a field for each limit.
macro_rules! limits {
    ($($limit:ident),+ $(,)?) => {
        /// A plan's limits: each a number or `null`.
        #[derive(Serialize, Deserialize)]
        struct PlanLimits {
            $(#[serde(deserialize_with = "number")] $limit: Option<NonZeroU32>,)+
        }

        /// Overrides: numbers, and `null` for no limit. What is left out is the plan's.
        #[derive(Serialize, Deserialize)]
        struct GivenLimits {
            $(#[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
            $limit: Option<Option<NonZeroU32>>,)+
        }

        impl From<RequestLimits> for PlanLimits {
            fn from(limits: RequestLimits) -> Self {
                Self { $($limit: limits.$limit),+ }
            }
        }

        impl From<PlanLimits> for RequestLimits {
            fn from(limits: PlanLimits) -> Self {
                Self { $($limit: limits.$limit),+ }
            }
        }

        impl From<Overrides> for GivenLimits {
            fn from(overrides: Overrides) -> Self {
                Self { $($limit: overrides.$limit.into()),+ }
            }
        }

        impl From<GivenLimits> for Overrides {
            fn from(given: GivenLimits) -> Self {
                Self { $($limit: given.$limit.into()),+ }
            }
        }
    };
}

limits!(
    requests_per_second,
    burst,
    concurrent_requests,
    request_timeout_ms,
    statement_timeout_ms,
    request_body_bytes,
    response_body_bytes,
);

/// `jsonb` keeps the fraction of `50.0`, which is as whole as 50; the store's constraints let no other fraction in.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
    let number = Option::<Box<RawValue>>::deserialize(deserializer)?;
    let Some(number) = number else { return Ok(None) };
    let whole = number.get().split('.').next().unwrap_or_default();
    whole.parse().map(Some).map_err(serde::de::Error::custom)
}

#[expect(clippy::option_option, reason = "left out, null, or a number")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<NonZeroU32>>, D::Error> {
    number(deserializer).map(Some)
}

/// The limits of a plan's row as JSON; `None` if they are none.
pub(crate) fn plan_limits(row: &JsonText) -> Option<RequestLimits> {
    let limits: PlanLimits = serde_json::from_str(row.as_str()).ok()?;
    Some(limits.into())
}

/// A plan's limits for the audit log.
pub(crate) fn plan_limits_json(limits: RequestLimits) -> impl Serialize {
    PlanLimits::from(limits)
}

/// Stored overrides; `None` if they are none.
pub(crate) fn overrides(stored: &JsonText) -> Option<Overrides> {
    let given: GivenLimits = serde_json::from_str(stored.as_str()).ok()?;
    Some(given.into())
}

/// Overrides for the store and the audit log.
pub(crate) fn overrides_json(overrides: Overrides) -> JsonText {
    JsonText::of(&GivenLimits::from(overrides))
}

#[cfg(test)]
mod tests {
    use tenant_limits::Override;

    use super::*;

    fn text(json: &str) -> JsonText {
        serde_json::from_str::<Box<RawValue>>(json).unwrap().into()
    }

    #[test]
    fn overrides_are_stored_as_they_are_given() {
        assert_eq!(overrides_json(Overrides::default()).as_str(), "{}");
        let some = Overrides {
            requests_per_second: Override::Limit(NonZeroU32::new(50).unwrap()),
            response_body_bytes: Override::Unlimited,
            ..Overrides::default()
        };
        let json = r#"{"requests_per_second":50,"response_body_bytes":null}"#;
        assert_eq!(overrides_json(some).as_str(), json);
        for stored in [
            json,
            r#"{"requests_per_second": 50.0, "response_body_bytes": null}"#,
        ] {
            assert_eq!(overrides(&text(stored)), Some(some), "{stored}");
        }
        assert_eq!(overrides(&text("{}")), Some(Overrides::default()));
        for wrong in [r#"{"burst": "5"}"#, r#"{"burst": 0}"#, r#"{"burst": [5]}"#, "7"] {
            assert_eq!(overrides(&text(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn a_row_of_a_plan_has_its_limits() {
        let row = r#"{"name": "pro", "requests_per_second": 5, "burst": null, "concurrent_requests": 7,
            "request_timeout_ms": null, "statement_timeout_ms": null, "request_body_bytes": null,
            "response_body_bytes": 1073741824}"#;
        let limits = plan_limits(&text(row)).unwrap();
        assert_eq!(limits.requests_per_second, NonZeroU32::new(5));
        assert_eq!(limits.burst, None);
        assert_eq!(limits.response_body_bytes, NonZeroU32::new(1 << 30));
        assert!(plan_limits(&text("{}")).is_none());
    }
}
