//! Log of the causes of failed requests, bounded by code, cause and the ids that the plane has recorded.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::LogContext;
use crate::error::{Code, Problem};

/// Failures with the same cause, code and ids are logged once in this time. A database that is down fails each request
/// for the same cause, and each has its access line already.
const INTERVAL: Duration = Duration::from_secs(10);
/// Distinct causes kept at once; above this limit, all causes of a code share one entry.
const MAX_KEYS: usize = 4096;

/// The code, and the hash of the cause and the ids.
type Key = (Code, u64);

struct LastLogged {
    at: Instant,
    suppressed: u64,
}

#[derive(Default)]
pub(super) struct CauseLog {
    logged: Mutex<Logged>,
    hasher: RandomState,
}

#[derive(Default)]
struct Logged {
    by_key: HashMap<Key, LastLogged>,
    swept: Option<Instant>,
}

impl CauseLog {
    /// Logs the cause of a problem with the request's id: each `INTERNAL`, and of the others those that are due.
    pub(super) fn log(&self, problem: &Problem, context: &LogContext) {
        let Some(cause) = problem.cause_chain() else {
            return;
        };
        let (request_id, code) = (context.request_id(), problem.code().name());
        let (plane, method, path) = (context.plane(), context.0.method.as_str(), &*context.path());
        // The recorded ids, such as the tenant's, are added by the log's format.
        if problem.code() == Code::Internal {
            tracing::error!(plane, method, path, request_id, code, cause, "a request failed");
            return;
        }
        let key = self.key(problem.code(), &cause, context.ids());
        if let Some(suppressed) = self.due(key, Instant::now()) {
            tracing::warn!(
                plane,
                method,
                path,
                request_id,
                code,
                cause,
                suppressed,
                "a request failed"
            );
        }
    }

    fn key(&self, code: Code, cause: &str, ids: impl IntoIterator<Item = (&'static str, Uuid)>) -> Key {
        let ids: Vec<_> = ids.into_iter().collect();
        (code, self.hasher.hash_one((cause, ids)))
    }

    /// How many were suppressed since the last one that was logged, if this one is to be logged.
    fn due(&self, key: Key, now: Instant) -> Option<u64> {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |logged: &Logged| logged.by_key.len() >= MAX_KEYS && !logged.by_key.contains_key(&key);
        let is_old = |then: Instant| now.duration_since(then) >= INTERVAL;
        if is_full(&logged) && logged.swept.is_none_or(is_old) {
            logged.by_key.retain(|_, last| !is_old(last.at));
            logged.swept = Some(now);
        }
        let key = if is_full(&logged) { (key.0, 0) } else { key };
        let Some(last) = logged.by_key.get_mut(&key) else {
            let first = LastLogged {
                at: now,
                suppressed: 0,
            };
            logged.by_key.insert(key, first);
            return Some(0);
        };
        if !is_old(last.at) {
            last.suppressed += 1;
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_tenant_and_cause_is_logged_in_ten_seconds_with_the_number_of_the_others() {
        let (log, start) = (CauseLog::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let key = |tenant, code, cause| log.key(code, cause, [("tenant", Uuid::from_u128(tenant))]);
        let down = key(1, Code::Conflict, "down");
        assert_eq!(log.due(down, start), Some(0));
        for _ in 0..1000 {
            assert_eq!(log.due(down, after(9)), None);
        }
        assert_eq!(log.due(key(2, Code::Conflict, "down"), after(9)), Some(0));
        assert_eq!(log.due(key(1, Code::Forbidden, "down"), after(9)), Some(0));
        assert_eq!(log.due(key(1, Code::Conflict, "full"), after(9)), Some(0));
        assert_eq!(log.due(down, after(10)), Some(1000));
        assert_eq!(log.due(down, after(20)), Some(0));
    }

    #[test]
    fn any_number_of_tenants_takes_bounded_room() {
        let (log, now) = (CauseLog::default(), Instant::now());
        let logged = (0..2 * MAX_KEYS as u128)
            .filter(|tenant| {
                let key = log.key(Code::Conflict, "down", [("tenant", Uuid::from_u128(*tenant))]);
                log.due(key, now).is_some()
            })
            .count();
        // One for all of those that there is no room for.
        assert_eq!(logged, MAX_KEYS + 1);
        assert_eq!(log.logged.lock().unwrap().by_key.len(), MAX_KEYS + 1);
    }
}
