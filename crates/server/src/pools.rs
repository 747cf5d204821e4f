//! From the configuration's words to the registry's.

use std::sync::Arc;

use control_plane::ControlPlane;
use tenant_registry::{
    Budget, BudgetSettings, BudgetedSettings, Refused, RegistrySettings, SentinelSettings, SessionSettings,
    WatchdogSettings,
};

use crate::config::{OnRefused, Settings};

/// The name of the budget, as metrics bear it: there is one data cluster.
const BUDGET: &str = "data_cluster";

/// The table by which each new session is seen to be bound by row level security.
const ISOLATED_TABLE: &str = "app.users";

/// Starts the budget of the data cluster, whose sentinel is the service's own login there; `reserve` of the server's
/// connections are not for tenants. Must be called within a tokio runtime.
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
        end_session: Arc::new(|_| ControlPlane::END_SESSION.to_owned()),
    }
}

/// What the registry keeps, and for how long.
pub(crate) fn registry_settings(settings: &Settings) -> RegistrySettings {
    let registry = &settings.registry;
    let store = &settings.control_store;
    RegistrySettings {
        max_resident: registry.max_resident,
        idle_timeout: registry.idle_timeout,
        open_timeout: store.cluster.connect_timeout,
        reap_deadline: registry.reap_deadline,
        // One for each of the store's connections. Strangers get half of them: a flood of made-up ids leaves the
        // others to tenants and to the admin plane.
        max_loads: usize::try_from(store.max_connections).unwrap_or(usize::MAX),
        strangers_per_second: registry.strangers_per_second,
        on_refused: match registry.on_refused {
            OnRefused::End => Refused::End,
            OnRefused::Finish => Refused::Finish,
        },
        ..RegistrySettings::default()
    }
}

/// What all tenants' pools have in common.
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
            min_server_version: settings.data_cluster.min_server_version.as_num(),
            isolated_table: Some(ISOLATED_TABLE.to_owned()),
            ..SessionSettings::default()
        },
        ..BudgetedSettings::new(budget)
    }
}
