//! Conversion of settings into those of the registry and its pools.

use std::sync::Arc;

use config::{OnRefused, Settings};
use control_plane::ControlPlane;
use tenant_registry::{
    Budget, BudgetSettings, BudgetedSettings, Refused, RegistrySettings, SentinelSettings, SessionSettings,
    WatchdogSettings,
};

/// Name of the budget in metrics.
const BUDGET: &str = "data_cluster";

/// Table by which each new session is checked for row level security.
const ISOLATED_TABLE: &str = "app.users";

/// Starts the budget of the data cluster. The sentinel uses the service's login; `reserve` connections of the server
/// are kept from tenants. Must be called within a tokio runtime.
pub(crate) fn budget(settings: &Settings, control_plane: &ControlPlane, reserve: u32) -> Budget {
    let registry = &settings.registry;
    Budget::start(BudgetSettings {
        name: BUDGET.to_owned(),
        max_connections: registry.max_connections,
        reserve,
        connection_idle_timeout: registry.connection_idle_timeout,
        max_connection_lifetime: registry.max_connection_lifetime,
        sentinel: SentinelSettings {
            connect: control_plane.sentinel_login(),
            end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
        },
        watchdog: Some(watchdog(settings)),
    })
}

fn watchdog(settings: &Settings) -> WatchdogSettings {
    WatchdogSettings {
        interval: settings.watchdog.interval,
        session_lock_percent: settings.watchdog.session_lock_percent,
        tenant_lock_percent: settings.watchdog.tenant_lock_percent,
        tenant_login: ControlPlane::TENANT_LOGIN.to_owned(),
        end_sessions: ControlPlane::END_SESSIONS.to_owned(),
        limit_connections: Some(Arc::new(ControlPlane::limit_connections_sql)),
    }
}

/// Settings of the registry.
pub(crate) fn registry_settings(settings: &Settings) -> RegistrySettings {
    let registry = &settings.registry;
    let store = &settings.control_store;
    RegistrySettings {
        max_resident: registry.max_resident,
        idle_timeout: registry.idle_timeout,
        open_timeout: store.cluster.connect_timeout,
        reap_deadline: registry.reap_deadline,
        // One per connection to the store. Tenant ids not seen before get half of them, so that a flood of made-up ids
        // leaves the rest to known tenants and the admin plane.
        max_loads: usize::try_from(store.max_connections).unwrap_or(usize::MAX),
        strangers_per_second: registry.strangers_per_second,
        on_refused: match registry.on_refused {
            OnRefused::End => Refused::End,
            OnRefused::Finish => Refused::Finish,
        },
        ..RegistrySettings::default()
    }
}

/// Settings that all tenants' pools share.
pub(crate) fn pool_settings(settings: &Settings, budget: Budget) -> BudgetedSettings {
    let registry = &settings.registry;
    BudgetedSettings {
        acquire_timeout: registry.acquire_timeout,
        connect_timeout: settings.data_cluster.cluster.connect_timeout,
        clean_up: registry.clean_up_timeout,
        session: SessionSettings {
            statement_timeout: registry.statement_timeout,
            lock_timeout: registry.lock_timeout,
            idle_in_transaction_timeout: registry.idle_in_transaction_timeout,
            min_server_version: settings.data_cluster.min_server_version,
            isolated_table: Some(ISOLATED_TABLE.to_owned()),
            ..SessionSettings::default()
        },
        ..BudgetedSettings::new(budget)
    }
}
