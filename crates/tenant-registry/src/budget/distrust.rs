//! Sessions given up before their time: on a network that went silent, or of a login that row level security does not
//! bind.

use super::account::Shared;
use super::checkout::give_up;
use super::door::Real;
use super::slots::Micros;
use super::{Core, Inner};
use crate::TenantId;

/// Closes the account's connections that nobody has used since then.
pub(super) fn close_idle(account: &Shared<Real>, since: Micros) {
    for slot in account.slots.word.idle_slots() {
        if account.slots.idle_since(slot) < since
            // Its owner may come for it at this moment; then it is pinged.
            && let Some(seated) = account.slots.take_this(slot)
        {
            give_up(account, slot, seated);
        }
    }
}

/// Ends all sessions that the tenant has here: idle ones are closed, those in use are ended by the server, and what
/// comes back all the same is closed.
pub(super) fn end_sessions(inner: &Inner, tenant: TenantId) {
    let now = inner.now();
    for account in inner.with(|core| accounts(core, |account| account.tenant == tenant)) {
        account.door.distrust_before(now);
        close_idle(&account, Micros::MAX);
        for backend in inner.with(|core| core.backends(&account)) {
            inner.end_backend((tenant, backend));
        }
    }
}

/// Accounts that have connections or wait for some.
pub(super) fn accounts(core: &Core<Real>, which: impl Fn(&Shared<Real>) -> bool) -> Vec<Shared<Real>> {
    let all = core.seats.values().map(|seat| &seat.account);
    all.filter(|account| which(account)).map(Shared::clone).collect()
}
