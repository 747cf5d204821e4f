//! Checked-out connections, and the accounting of their permits when they are given back.

use pg_session::{Checkout as Borrowed, ConnectionState, Parts};
use sqlx::postgres::PgConnection;

use super::budget::microseconds;
use super::clean_up;
use super::connector::PostgresAccount;
use super::idle_bitmap::Slot;
use super::slots::{Microseconds, PooledConnection};

/// A connection of a [`BudgetedPool`](crate::BudgetedPool), given back when it is dropped.
///
/// [`run`](Self::run) runs statements on it. [`pg_session::Checkout`] gives the bare connection and its state to a
/// layer that tracks the state by itself.
pub struct Checkout {
    account: PostgresAccount,
    slot: Slot,
    /// `None` only after `take_apart`.
    pooled: Option<PooledConnection<PgConnection>>,
    state: ConnectionState,
    since: Microseconds,
}

impl Checkout {
    pub(crate) fn new(
        account: PostgresAccount,
        slot: Slot,
        pooled: PooledConnection<PgConnection>,
        now: Microseconds,
    ) -> Self {
        Self {
            account,
            slot,
            pooled: Some(pooled),
            state: ConnectionState::Clean,
            since: now,
        }
    }

    /// Runs statements on the connection.
    ///
    /// If this future is dropped, or the work fails, the connection is rolled back and cleaned in a task of its own
    /// before another request gets it, or closed. Work that succeeds must leave no transaction open.
    ///
    /// # Errors
    /// Those of the work, and [`sqlx::Error::PoolClosed`] if the connection is gone.
    pub async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let Parts { connection, state } = self.parts().ok_or(sqlx::Error::PoolClosed)?;
        let before = std::mem::replace(state, ConnectionState::Unclean);
        let outcome = work(connection).await;
        *state = match &outcome {
            // Work that succeeds does not mend what was left before it.
            Ok(_) => before,
            Err(_) if before == ConnectionState::Unusable => before,
            Err(error) => ConnectionState::after(error),
        };
        outcome
    }

    /// The parts of the checkout, to give the connection back without the drop.
    pub(crate) fn take_apart(mut self) -> Option<(PostgresAccount, Slot, PooledConnection<PgConnection>)> {
        let pooled = self.pooled.take()?;
        Some((PostgresAccount::clone(&self.account), self.slot, pooled))
    }

    /// Closes the connection instead of giving it back.
    pub(crate) fn discard(self) {
        if let Some((account, slot, pooled)) = self.take_apart() {
            discard(&account, slot, pooled);
        }
    }
}

impl Borrowed for Checkout {
    fn parts(&mut self) -> Option<Parts<'_>> {
        let pooled = self.pooled.as_mut()?;
        Some(Parts {
            connection: &mut pooled.connection,
            state: &mut self.state,
        })
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(pooled) = self.pooled.take() else { return };
        let inner = self.account.connector.settings.budget.inner();
        let now = inner.now();
        inner.meters.used(now.saturating_sub(self.since));
        match self.state {
            ConnectionState::Clean => give_back(&self.account, self.slot, pooled, now),
            ConnectionState::Unclean => {
                inner.runtime.spawn(clean_up::run(
                    PostgresAccount::clone(&self.account),
                    self.slot,
                    pooled,
                ));
            }
            ConnectionState::Unusable => discard(&self.account, self.slot, pooled),
        }
    }
}

/// Gives a clean connection back: one compare-and-swap, unless a waiter needs it.
pub(super) fn give_back(
    account: &PostgresAccount,
    slot: Slot,
    pooled: PooledConnection<PgConnection>,
    now: Microseconds,
) {
    let inner = account.connector.settings.budget.inner();
    if !account.connector.is_valid(pooled.opened) {
        return discard(account, slot, pooled);
    }
    let lifetime = microseconds(inner.settings.max_connection_lifetime);
    if now.saturating_sub(pooled.opened) >= lifetime {
        return inner.with(|core| core.give_back(account, slot, pooled, now));
    }
    match account.slots.put(slot, pooled, now) {
        // After the slot became idle, so that a stealer can see it.
        Ok(()) if inner.is_steal_requested() => inner.with(|core| core.poll(now)),
        Ok(()) => {}
        Err(pooled) => inner.with(|core| core.give_back(account, slot, pooled, now)),
    }
}

/// Closes a connection that must not be used again.
pub(super) fn discard(account: &PostgresAccount, slot: Slot, pooled: PooledConnection<PgConnection>) {
    let inner = account.connector.settings.budget.inner();
    inner.with(|core| core.discard(account, slot, pooled, false, inner.now()));
}
