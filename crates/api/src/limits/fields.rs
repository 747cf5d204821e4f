//! The header fields `RateLimit-Policy` and `RateLimit`.
//!
//! After draft-ietf-httpapi-ratelimit-headers-10, as lists of RFC 9651:
//!
//! ```text
//! RateLimit-Policy: "default";q=100;w=1, "concurrent";q=8;qu="concurrent-requests"
//! RateLimit: "default";r=50;t=1, "concurrent";r=7
//! ```
//!
//! | | |
//! |---|---|
//! | `q` | what a full bucket admits at once; the most requests under way |
//! | `w` | the seconds in which an empty bucket fills, rounded up |
//! | `r` | what is left |
//! | `t` | the seconds until there is one request more, rounded up ("until additional quota … is made available"), so that it is never later than `Retry-After` |

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tenant_limits::Usage;

/// What may be done.
pub(crate) const POLICY: &str = "ratelimit-policy";
/// What is left of it.
pub(crate) const LIMIT: &str = "ratelimit";

/// Adds both fields, if there is something to say.
pub(super) fn add(headers: &mut HeaderMap, usage: &Usage) {
    if !usage.is_limited() {
        return;
    }
    for (name, value) in [(POLICY, policy(usage)), (LIMIT, limit(usage))] {
        // Digits and quoted words: this does not fail.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn policy(usage: &Usage) -> String {
    let mut text = String::with_capacity(96);
    // Writing to a String cannot fail.
    if let Some(rate) = usage.rate {
        let _ = write!(
            text,
            "\"default\";q={};w={}",
            rate.limit,
            seconds(rate.window).max(1)
        );
    }
    if let Some(concurrency) = usage.concurrency {
        let _ = write!(
            text,
            "{}\"concurrent\";q={};qu=\"concurrent-requests\"",
            separator(&text),
            concurrency.limit
        );
    }
    text
}

fn limit(usage: &Usage) -> String {
    let mut text = String::with_capacity(64);
    if let Some(rate) = usage.rate {
        let _ = write!(text, "\"default\";r={};t={}", rate.remaining, seconds(rate.next));
    }
    if let Some(concurrency) = usage.concurrency {
        let left = concurrency.limit.saturating_sub(concurrency.in_use);
        let _ = write!(text, "{}\"concurrent\";r={left}", separator(&text));
    }
    text
}

fn separator(text: &str) -> &'static str {
    if text.is_empty() { "" } else { ", " }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use tenant_limits::{Concurrency, Rate};

    use super::*;

    fn fields(usage: &Usage) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        add(&mut headers, usage);
        let text = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Some((text(POLICY)?, text(LIMIT)?))
    }

    #[test]
    fn they_are_lists_of_the_draft() {
        let millis = Duration::from_millis;
        let rate = Rate {
            limit: 150,
            remaining: 50,
            window: millis(1_500),
            next: millis(10),
            reset: millis(1_000),
        };
        let concurrency = Concurrency { limit: 8, in_use: 1 };
        let mut usage = Usage {
            rate: Some(rate),
            concurrency: Some(concurrency),
        };
        let pair = |policy: &str, limit: &str| Some((policy.to_owned(), limit.to_owned()));
        assert_eq!(
            fields(&usage),
            pair(
                "\"default\";q=150;w=2, \"concurrent\";q=8;qu=\"concurrent-requests\"",
                "\"default\";r=50;t=1, \"concurrent\";r=7"
            )
        );
        usage.rate = None;
        assert_eq!(
            fields(&usage),
            pair(
                "\"concurrent\";q=8;qu=\"concurrent-requests\"",
                "\"concurrent\";r=7"
            )
        );
        usage.concurrency = None;
        assert_eq!(fields(&usage), None);
    }
}
