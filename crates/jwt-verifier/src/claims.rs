//! Checks of the claims of a token whose signature, issuer and audience are verified.

use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::claim_path::ClaimPath;
use crate::rejection::Refusal;

/// What the claims of an issuer's tokens have to be.
#[derive(Debug)]
pub(crate) struct ClaimRules {
    pub(crate) tenant: ClaimPath,
    pub(crate) scope: ClaimPath,
    pub(crate) leeway: Duration,
    pub(crate) max_lifetime: Option<Duration>,
}

/// What the claims say.
#[derive(Debug)]
pub(crate) struct CheckedClaims {
    pub(crate) subject: Option<String>,
    pub(crate) tenant: Uuid,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Duration,
}

impl ClaimRules {
    /// Checks them at this time since the Unix epoch.
    pub(crate) fn check(&self, claims: &Map<String, Value>, now: Duration) -> Result<CheckedClaims, Refusal> {
        let expires_at = self.check_times(claims, now)?;
        let subject = match claims.get("sub") {
            None => None,
            Some(Value::String(subject)) => Some(subject.clone()),
            Some(_) => return Err(Refusal::Subject),
        };
        Ok(CheckedClaims {
            subject,
            tenant: self.tenant(claims).ok_or(Refusal::Tenant)?,
            scopes: self.scopes(claims).ok_or(Refusal::Scope)?,
            expires_at,
        })
    }

    fn check_times(&self, claims: &Map<String, Value>, now: Duration) -> Result<Duration, Refusal> {
        let expires_at = claims
            .get("exp")
            .and_then(numeric_date)
            .ok_or(Refusal::ExpiryInvalid)?;
        if now >= expires_at + self.leeway {
            return Err(Refusal::Expired);
        }
        let since = |name| match claims.get(name) {
            None => Ok(None),
            Some(value) => match numeric_date(value) {
                Some(time) if time <= now + self.leeway => Ok(Some(time)),
                _ => Err(Refusal::NotYetValid),
            },
        };
        since("nbf")?;
        let issued_at = since("iat")?;
        if let Some(longest) = self.max_lifetime {
            let issued_at = issued_at.ok_or(Refusal::Lifetime)?;
            if expires_at.saturating_sub(issued_at) > longest {
                return Err(Refusal::Lifetime);
            }
        }
        Ok(expires_at)
    }

    fn tenant(&self, claims: &Map<String, Value>) -> Option<Uuid> {
        let text = self.tenant.find(claims)?.as_str()?;
        // Hyphenated, as in the header `x-tenant-id`: the other forms have other lengths.
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
    }

    fn scopes(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        match self.scope.find(claims) {
            None => Some(Vec::new()),
            Some(Value::String(words)) => Some(
                words
                    .split(' ')
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            Some(Value::Array(scopes)) => scopes
                .iter()
                .map(|scope| scope.as_str().map(str::to_owned))
                .collect(),
            Some(_) => None,
        }
    }
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction: from 1970 to the year 9999.
fn numeric_date(value: &Value) -> Option<Duration> {
    const YEAR_10000: f64 = 253_402_300_800.0;
    let seconds = value
        .as_f64()
        .filter(|seconds| (0.0..YEAR_10000).contains(seconds))?;
    Some(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numeric_dates() {
        assert_eq!(
            numeric_date(&json!(1_700_000_000)),
            Some(Duration::from_secs(1_700_000_000))
        );
        assert_eq!(numeric_date(&json!(1.5)), Some(Duration::from_millis(1500)));
        let written: Value = serde_json::from_str("17e8").unwrap();
        assert_eq!(numeric_date(&written), Some(Duration::from_secs(1_700_000_000)));
        for wrong in [
            "-1",
            "1e400",
            "253402300800",
            "18446744073709551616",
            "\"1700000000\"",
            "null",
            "[1]",
            "true",
        ] {
            let wrong: Value = serde_json::from_str(wrong).unwrap();
            assert_eq!(numeric_date(&wrong), None, "{wrong}");
        }
    }
}
