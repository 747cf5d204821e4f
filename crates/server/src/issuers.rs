//! The issuers of tokens as the admin plane shows them.

use std::sync::Arc;
use std::time::Duration;

use admin::Issuers;
use admin_types::Issuer;
use jwt_verifier::{KeySetSource, KeySetStatus, Verifier};
use time::OffsetDateTime;

/// The issuers of this verifier; none without one.
#[derive(Debug)]
pub(crate) struct VerifierIssuers(pub(crate) Option<Arc<Verifier>>);

impl Issuers for VerifierIssuers {
    fn issuers(&self) -> Vec<Issuer> {
        let key_sets = self.0.iter().flat_map(|verifier| verifier.key_sets());
        key_sets.map(shown).collect()
    }
}

fn shown(status: KeySetStatus) -> Issuer {
    let state = match (status.keys, &status.failure) {
        (None, _) => "unavailable",
        (Some(0), _) => "empty",
        (Some(_), Some(_)) => "stale",
        (Some(_), None) => "current",
    };
    let until = status.fetched_at.zip(status.max_stale);
    Issuer {
        issuer: status.issuer,
        source: match status.source {
            KeySetSource::Url(url) => url,
            KeySetSource::File(path) => path.display().to_string(),
        },
        state: state.into(),
        keys: status.keys.map(|keys| keys as u64),
        fetched_at: status.fetched_at.and_then(date),
        usable_until: until.and_then(|(fetched_at, max_stale)| date(fetched_at.checked_add(max_stale)?)),
        failure: status.failure,
    }
}

/// The date of this time since the Unix epoch; `None` beyond the year 9999.
fn date(since: Duration) -> Option<OffsetDateTime> {
    OffsetDateTime::UNIX_EPOCH.checked_add(since.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn state_of(keys: Option<usize>, failure: Option<&str>) -> Issuer {
        shown(KeySetStatus {
            issuer: "https://login.test/".to_owned(),
            source: KeySetSource::Url("https://login.test/keys".to_owned()),
            keys,
            fetched_at: keys.map(|_| Duration::from_hours(500_000)),
            age: None,
            max_stale: Some(Duration::from_hours(24)),
            failure: failure.map(str::to_owned),
        })
    }

    #[test]
    fn a_state_says_whether_tokens_are_accepted() {
        for (keys, failure, state) in [
            (Some(2), None, "current"),
            (Some(2), Some("status 503"), "stale"),
            (Some(0), None, "empty"),
            (Some(0), Some("status 503"), "empty"),
            (None, None, "unavailable"),
            (None, Some("status 503"), "unavailable"),
        ] {
            assert_eq!(state_of(keys, failure).state, state, "{keys:?} {failure:?}");
        }
    }

    #[test]
    fn dates_are_of_the_last_fetch() {
        let issuer = state_of(Some(1), Some("status 503"));
        assert_eq!(issuer.fetched_at, Some(datetime!(2027-01-15 08:00 UTC)));
        assert_eq!(issuer.usable_until, Some(datetime!(2027-01-16 08:00 UTC)));
        let never = state_of(None, Some("status 503"));
        assert_eq!((never.fetched_at, never.usable_until), (None, None));
        assert_eq!(date(Duration::MAX), None);
    }
}
