//! A connection in somebody's hands. However it is let go, its permit comes out right.

use sqlx::postgres::PgConnection;

use super::account::Shared;
use super::clean_up;
use super::door::Real;
use super::pool::BudgetedPool;
use super::slots::{Micros, Seated};
use super::word::Slot;
use crate::Lease;
use crate::checkout::{Checkout as Borrowed, ConnectionState, Parts};

/// The connection, its slot, and whether it is in a state in which another request may have it.
pub(crate) struct Checkout {
    account: Shared<Real>,
    slot: Slot,
    /// `None` only when it was taken out.
    seated: Option<Seated<PgConnection>>,
    state: ConnectionState,
    since: Micros,
}

impl Checkout {
    pub(crate) fn new(account: Shared<Real>, slot: Slot, seated: Seated<PgConnection>, now: Micros) -> Self {
        Self {
            account,
            slot,
            seated: Some(seated),
            state: ConnectionState::Clean,
            since: now,
        }
    }

    pub(crate) fn parts(&mut self) -> Option<Parts<'_>> {
        let seated = self.seated.as_mut()?;
        Some(Parts {
            connection: &mut seated.connection,
            state: &mut self.state,
        })
    }

    /// What it is made of, for whoever brings it back by another way than its drop.
    pub(crate) fn take_apart(mut self) -> Option<(Shared<Real>, Slot, Seated<PgConnection>)> {
        let seated = self.seated.take()?;
        Some((Shared::clone(&self.account), self.slot, seated))
    }

    /// Closes it: it is of no use to anybody.
    pub(crate) fn discard(self) {
        if let Some((account, slot, seated)) = self.take_apart() {
            give_up(&account, slot, seated);
        }
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(seated) = self.seated.take() else { return };
        let inner = self.account.door.settings.budget.inner();
        let now = inner.now();
        inner.meters.used(now.saturating_sub(self.since));
        match self.state {
            ConnectionState::Clean => give_back(&self.account, self.slot, seated, now),
            ConnectionState::Unclean => {
                inner
                    .runtime
                    .spawn(clean_up::run(Shared::clone(&self.account), self.slot, seated));
            }
            ConnectionState::Unusable => give_up(&self.account, self.slot, seated),
        }
    }
}

/// The way back of a clean connection: one compare-and-swap, unless somebody waits for it.
pub(super) fn give_back(account: &Shared<Real>, slot: Slot, seated: Seated<PgConnection>, now: Micros) {
    let inner = account.door.settings.budget.inner();
    if !account.door.trusts(seated.opened) {
        return give_up(account, slot, seated);
    }
    let life = super::micros(inner.settings.max_connection_lifetime);
    if now.saturating_sub(seated.opened) >= life {
        return inner.with(|core| core.give_back(account, slot, seated, now));
    }
    match account.slots.put(slot, seated, now) {
        // Only now, when it can be seen by whoever is hungry.
        Ok(()) if inner.is_hungry() => inner.with(|core| core.look(now)),
        Ok(()) => {}
        Err(seated) => inner.with(|core| core.give_back(account, slot, seated, now)),
    }
}

/// The way out of one that is not to be used again.
pub(super) fn give_up(account: &Shared<Real>, slot: Slot, seated: Seated<PgConnection>) {
    let inner = account.door.settings.budget.inner();
    inner.with(|core| core.give_up(account, slot, seated, false, inner.now()));
}

/// A connection of a [`BudgetedPool`], given back when it is dropped.
pub struct BudgetedCheckout {
    // Before the lease: the pool is held for as long as its connection is.
    checkout: Checkout,
    _lease: Lease<BudgetedPool>,
}

impl BudgetedCheckout {
    pub(crate) fn new(checkout: Checkout, lease: Lease<BudgetedPool>) -> Self {
        Self {
            checkout,
            _lease: lease,
        }
    }
}

impl Borrowed for BudgetedCheckout {
    fn parts(&mut self) -> Option<Parts<'_>> {
        self.checkout.parts()
    }
}
