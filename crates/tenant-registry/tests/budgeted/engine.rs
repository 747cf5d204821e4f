//! The engine under test: pools out of one budget.

use std::sync::Arc;

use control_plane::ControlPlane;
use tenant_registry::{Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Failure, SentinelSettings};
use testkit::Databases;

use crate::suite::support::Knobs;

pub(crate) type Pool = BudgetedPool;

/// Logins that a tenant without a connection has under way at once, of its two.
pub(crate) const LOGINS_AT_ONCE: usize = 1;
/// Requests that fail with a login: all that wait for it.
pub(crate) const FAIL_WITH_A_LOGIN: usize = 20;
/// What a refused password is, after the source was asked for another.
pub(crate) const LOCKED_OUT: Failure = Failure::LockedOut;

/// With a budget of its own.
pub(crate) fn settings(databases: &Databases, knobs: Knobs) -> Arc<BudgetedSettings> {
    let budget = Budget::start(BudgetSettings {
        max_connections: Some(50),
        ..BudgetSettings::new(sentinel(databases))
    });
    of(budget, knobs)
}

pub(crate) fn of(budget: Budget, knobs: Knobs) -> Arc<BudgetedSettings> {
    Arc::new(BudgetedSettings {
        acquire_timeout: knobs.acquire_timeout,
        ping_after_idle: knobs.ping_after_idle,
        session: knobs.session,
        ..BudgetedSettings::new(budget)
    })
}

/// The service's own login, which has no power but to end tenants' backends.
pub(crate) fn sentinel(databases: &Databases) -> SentinelSettings {
    let server = databases.server();
    SentinelSettings {
        connect: server
            .cluster()
            .options(server.service(), databases.data().as_str()),
        end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
    }
}
