//! Limits of requests in bodies and in texts for people.

use std::collections::BTreeMap;

use admin_types::RequestLimits;

use crate::args::{GivenLimit, LimitValue, by_name};
use crate::client::ClientError;

/// Limits by their names, as requests have them: a number, or `null` for no limit.
pub(super) type LimitsBody = BTreeMap<String, Option<u32>>;

/// The limits of a plan; `None` for none.
///
/// # Errors
/// When one is given twice.
pub(super) fn given(limits: &[GivenLimit]) -> Result<Option<LimitsBody>, ClientError> {
    Ok((!limits.is_empty()).then_some(over(LimitsBody::new(), limits)?))
}

/// A tenant's overrides after these changes.
///
/// # Errors
/// When one is given twice.
pub(super) fn over(mut overrides: LimitsBody, changes: &[GivenLimit]) -> Result<LimitsBody, ClientError> {
    for (name, value) in by_name(changes)? {
        match value {
            LimitValue::Plan => overrides.remove(name),
            LimitValue::Unlimited => overrides.insert(name.to_owned(), None),
            LimitValue::Number(number) => overrides.insert(name.to_owned(), Some(number)),
        };
    }
    Ok(overrides)
}

/// The limits in one line, without those that are none.
pub(super) fn text(limits: &RequestLimits) -> Option<String> {
    let set = limits
        .named()
        .into_iter()
        .filter_map(|(name, limit)| Some(format!("{name}={}", limit?)));
    joined(set)
}

/// Overrides in one line.
pub(super) fn overrides_text(overrides: &LimitsBody) -> Option<String> {
    joined(overrides.iter().map(|(name, limit)| match limit {
        Some(limit) => format!("{name}={limit}"),
        None => format!("{name}=none"),
    }))
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
