//! One hard cap of PostgreSQL connections over the pools of thousands of logins.
//!
//! A [`Budget`] is the cap of one server. Each [`BudgetedPool`] has its own login and takes connections from the
//! budget: an idle one by a compare-and-swap, else a new one if a permit is free, else the permit of another pool's
//! least recently used connection. The [`README`](https://docs.rs/crate/connection-budget) lists the guarantees.
//!
//! # Metrics
//!
//! Recorded by the [`metrics`] facade, labelled `db.client.connection.pool.name` with [`BudgetSettings::name`].
//! [`Budget::start`] creates the handles, so install the recorder before.
//!
//! | metric | | |
//! |---|---|---|
//! | `db.client.connection.count` | gauge | connections by `db.client.connection.state`: `idle`, `used`, `closing` |
//! | `db.client.connection.max` | gauge | the current cap |
//! | `db.client.connection.pending_requests` | gauge | waiting requests |
//! | `db.client.connection.timeouts` | counter | requests without a connection at their deadline |
//! | `db.client.connection.create_time`, `.wait_time`, `.use_time` | histogram, s | duration of a login, a wait, a checkout |
//! | `tenantry.budget.withheld` | gauge | permits withheld while the server is full |
//! | `tenantry.budget.failed_logins`, `.server_full` | counter | failed logins; logins refused by a full server |
//! | `tenantry.watchdog.ended` | counter | sessions ended, by `reason` |
//! | `tenantry.watchdog.lock_table`, `.notification_queue` | gauge, 0 to 1 | used part of the resource that all sessions share |
//! | `tenantry.watchdog.sample_time` | histogram, s | duration of a sample of the lock table |

mod account;
mod backend_terminator;
mod background;
mod breaker;
mod budget;
mod checkout;
mod clean_up;
mod close;
mod connector;
mod credentials;
mod engine;
mod id_map;
mod idle_bitmap;
mod invalidation;
mod key;
mod ledger;
mod login;
mod login_rate;
mod meters;
mod periodic;
mod pool;
mod priority_queues;
mod sentinel;
mod server_probe;
mod settings;
mod slots;
mod snapshot;
mod sync;
mod tenant_queue;
#[cfg(test)]
mod tests;
mod wait;
mod watchdog;

pub use pg_session::{
    Closed, ConnectFailure, Failure, LoginTrouble, PoolSnapshot, Refusal, SessionRefused, SessionSettings,
};

pub use budget::Budget;
pub use checkout::Checkout;
pub use credentials::{Credentials, CredentialsFuture};
pub use idle_bitmap::MAX_SLOTS as MAX_CONNECTIONS_PER_POOL;
pub use key::PoolKey;
pub use ledger::Ledger;
pub use pool::{BudgetedPool, PoolSpec};
pub use settings::{
    BudgetSettings, BudgetedSettings, EndBackend, LimitConnections, SentinelSettings, WatchdogSettings,
};
pub use snapshot::BudgetSnapshot;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
