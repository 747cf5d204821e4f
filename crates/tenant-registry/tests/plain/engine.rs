//! The engine under test: a `PgPool` for each tenant.

use tenant_registry::{Failure, PlainPool, PlainSettings};
use testkit::Databases;

use crate::suite::support::Knobs;

pub(crate) type Pool = PlainPool;

/// Logins that a tenant without a connection has under way at once, of its two.
pub(crate) const LOGINS_AT_ONCE: usize = 2;
/// Requests that fail with a login: its own.
pub(crate) const FAIL_WITH_A_LOGIN: usize = 1;
/// What a refused password is: this engine asks its source for no other.
pub(crate) const LOCKED_OUT: Failure = Failure::LoginRefused;

pub(crate) fn settings(_: &Databases, knobs: Knobs) -> PlainSettings {
    PlainSettings {
        acquire_timeout: knobs.acquire_timeout,
        ping_after_idle: knobs.ping_after_idle,
        session: knobs.session,
        ..PlainSettings::default()
    }
}
