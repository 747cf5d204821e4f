//! `--limit NAME=VALUE`

use std::collections::BTreeMap;

use admin_types::RequestLimits;

use crate::client::ClientError;

/// A limit of requests with its new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenLimit {
    name: &'static str,
    value: LimitValue,
}

/// The value of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitValue {
    /// That of the tenant's plan.
    Plan,
    /// No limit.
    Unlimited,
    /// This number.
    Number(u32),
}

/// A limit of a plan: `NAME=NUMBER` or `NAME=none`.
pub(super) fn plan_limit(text: &str) -> Result<GivenLimit, String> {
    let given = tenant_limit(text)?;
    match given.value {
        LimitValue::Plan => Err(format!("{}: neither a number nor none", given.name)),
        LimitValue::Unlimited | LimitValue::Number(_) => Ok(given),
    }
}

/// A limit of a tenant: the same, or `NAME=plan`.
pub(super) fn tenant_limit(text: &str) -> Result<GivenLimit, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("not NAME=VALUE, such as requests_per_second=50")?;
    let names = RequestLimits::NAMES;
    let name = names
        .into_iter()
        .find(|known| *known == name)
        .ok_or_else(|| format!("no limit {name:?}; there are {}", names.join(", ")))?;
    let value = match value {
        "plan" => LimitValue::Plan,
        "none" => LimitValue::Unlimited,
        number => LimitValue::Number(
            number
                .parse()
                .map_err(|_| format!("{name}: neither a number nor none"))?,
        ),
    };
    Ok(GivenLimit { name, value })
}

/// The limits by their names.
///
/// # Errors
/// When one is given twice.
pub(crate) fn by_name(given: &[GivenLimit]) -> Result<BTreeMap<&'static str, LimitValue>, ClientError> {
    let mut limits = BTreeMap::new();
    for GivenLimit { name, value } in given {
        if limits.insert(*name, *value).is_some() {
            return Err(ClientError::Usage(format!("--limit {name} is given twice")));
        }
    }
    Ok(limits)
}

/// A plan's name.
pub(super) fn plan_name(text: &str) -> Result<String, &'static str> {
    let valid = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    valid
        .then(|| text.to_owned())
        .ok_or("no name of a plan: 1 to 40 characters of a to z, 0 to 9 and -")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_name_and_a_value() {
        let given = |text| tenant_limit(text).map(|given| (given.name, given.value));
        assert_eq!(given("burst=100"), Ok(("burst", LimitValue::Number(100))));
        assert_eq!(given("burst=none"), Ok(("burst", LimitValue::Unlimited)));
        assert_eq!(given("burst=plan"), Ok(("burst", LimitValue::Plan)));
        assert_eq!(
            given("rate=5").unwrap_err(),
            "no limit \"rate\"; there are requests_per_second, burst, concurrent_requests, request_timeout_ms, \
             statement_timeout_ms, request_body_bytes, response_body_bytes"
        );
        for wrong in ["", "burst", "burst=", "burst=-1", "burst=1.5", "burst=5s", "=5"] {
            assert!(tenant_limit(wrong).is_err(), "{wrong}");
        }
        assert!(plan_limit("burst=plan").is_err() && plan_limit("burst=none").is_ok());
    }

    #[test]
    fn a_limit_is_given_once() {
        let given = |texts: &[&str]| {
            let limits: Vec<_> = texts.iter().map(|text| tenant_limit(text).unwrap()).collect();
            by_name(&limits).map(|limits| limits.len())
        };
        assert_eq!(given(&["burst=1", "requests_per_second=1"]).unwrap(), 2);
        assert!(given(&["burst=1", "burst=none"]).is_err());
    }

    #[test]
    fn a_name_cannot_lead_elsewhere() {
        assert!(plan_name("pro-2").is_ok());
        for wrong in ["", "a/b", "..", "a?b", "Pro", &"x".repeat(41)] {
            assert!(plan_name(wrong).is_err(), "{wrong}");
        }
    }
}
