//! Connections of the data cluster kept from tenants, for the service and for operators.

use config::Settings;
use control_plane::ControlPlane;
use schema::ServerFacts;
use tenant_registry::Budget;

/// Connections for a migration, a backup and an operator's session.
const OPERATORS: u32 = 3;

/// Maximum of this process's own connections to the data cluster. `shared`: the control store is on the same server.
pub fn own(settings: &Settings, shared: bool) -> u32 {
    let data = Budget::OWN_CONNECTIONS + ControlPlane::data_connections() + isolation_doctor::CONNECTIONS;
    let store = ControlPlane::store_connections(settings.control_store.max_connections);
    data + if shared { store } else { 0 }
}

/// Number of connections kept from tenants: the configured one, or by default the service's own and some for operators,
/// but at most half of a small server's.
pub(crate) fn of(settings: &Settings, control: ServerFacts, data: ServerFacts) -> u32 {
    // Compares start times, because a server may have several host names.
    let own = own(settings, control.started == data.started);
    let reserve = match settings.registry.reserved_connections {
        Some(configured) if configured < own => {
            tracing::warn!(
                configured,
                used = own,
                "registry.reserved_connections is below the service's own connections to the data cluster: raise it to `used`"
            );
            configured
        }
        Some(configured) => configured,
        None => (own + OPERATORS).min(data.connections / 2),
    };
    if reserve >= data.connections {
        tracing::warn!(
            reserve,
            allowed = data.connections,
            "the data cluster has no connections left for tenants: raise its max_connections"
        );
    }
    tracing::info!(
        reserve,
        allowed = data.connections,
        "connections of the data cluster are reserved from tenants"
    );
    reserve
}

#[cfg(test)]
mod tests {
    use config::{Inputs, Override, Purpose, load};

    use super::*;

    fn settings(flags: &[&str]) -> Settings {
        let inputs = Inputs {
            overrides: flags.iter().copied().map(Override::from).collect(),
            ..Inputs::default()
        };
        load(&inputs, Purpose::Serve).unwrap().settings
    }

    fn server(started: i64, connections: u32) -> ServerFacts {
        ServerFacts {
            version: 150_000,
            started,
            connections,
        }
    }

    #[test]
    fn the_store_counts_where_it_is_on_the_same_server() {
        let (store, data) = (server(1, 97), server(2, 97));
        let apart = of(&settings(&[]), store, data);
        let together = of(&settings(&[]), data, data);
        assert_eq!(apart, own(&settings(&[]), false) + OPERATORS);
        assert_eq!(
            together,
            apart + 7,
            "the store's pool of five, and its two listeners"
        );
        let larger = of(&settings(&["control_store.max_connections=20"]), data, data);
        assert_eq!(larger, together + 15);
    }

    #[test]
    fn a_configured_reserve_is_used_and_a_small_server_is_halved() {
        let data = server(1, 97);
        for configured in [1, 40, 200] {
            let flag = format!("registry.reserved_connections={configured}");
            assert_eq!(of(&settings(&[&flag]), data, data), configured);
        }
        let small = server(1, 17);
        assert_eq!(of(&settings(&[]), small, small), 8);
    }
}
