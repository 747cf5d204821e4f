//! Invalidation of open sessions: half-open ones, and those of logins that bypass row level security.

use super::checkout::discard;
use super::connector::{PostgresAccount, PostgresEngine};
use super::slots::Microseconds;
use crate::PoolKey;
use crate::budget::Inner;
use crate::engine::Core;

/// Closes the account's connections that were idle before `since`.
pub(super) fn close_idle(account: &PostgresAccount, since: Microseconds) {
    for slot in account.slots.idle.slots() {
        if account.slots.idle_since(slot) < since
            // The owner may have taken it meanwhile; then it is pinged.
            && let Some(pooled) = account.slots.take_this(slot)
        {
            discard(account, slot, pooled);
        }
    }
}

/// Ends all sessions of the tenant's pools: closes idle ones, has the server end those in use, and closes what is given
/// back.
pub(super) fn end_sessions(inner: &Inner, tenant: PoolKey) {
    let now = inner.now();
    for account in inner.with(|core| accounts(core, |account| account.tenant == tenant)) {
        account.connector.invalidate_before(now);
        close_idle(&account, Microseconds::MAX);
        for backend in inner.with(|core| core.backends(&account)) {
            inner.end_backend((tenant, backend));
        }
    }
}

/// Accounts with connections or waiters that fulfil the condition.
pub(super) fn accounts(
    core: &Core<PostgresEngine>,
    which: impl Fn(&PostgresAccount) -> bool,
) -> Vec<PostgresAccount> {
    let all = core.queues.values().map(|queue| &queue.account);
    all.filter(|account| which(account))
        .map(PostgresAccount::clone)
        .collect()
}
