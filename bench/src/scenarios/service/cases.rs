//! Comparisons within this process, and their servers.

use std::net::SocketAddr;

use uuid::Uuid;

use super::plain_pool::{self, PlainTenant};
use super::serve::Server;
use super::{CONNECTIONS, TENANTS, plane, tenancy};
use crate::engine::Engine;
use crate::process::LIST as PLANE_LIST;
use crate::world::{Ordinary, Tenant, Tls, World};

/// One comparison.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) ordinary_path: &'static str,
    /// Asked for in turn.
    pub(super) tenants: Vec<Uuid>,
    /// Of the ratio.
    pub(super) target: Option<f64>,
    server_kind: ServerKind,
}

/// Which server has the tenants.
#[derive(Clone, Copy)]
enum ServerKind {
    /// The bench's own handlers, the hot tenant.
    Hot,
    /// The same, the other tenants.
    Many,
    /// The service's own tenant plane.
    Api,
}

const LIST: &str = "/users";
const COUNTED: &str = "/users/counted";
/// The service with tenants is to be the faster one.
pub(super) const TARGET: f64 = 1.15;

/// All comparisons; the first tenant is the hot one.
pub(super) fn all(tenants: &[Tenant]) -> Vec<Case> {
    let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.id.as_uuid()).collect();
    let (hot, many) = ids.split_at(1);
    let case = |name, path, tenants: &[Uuid], target, server_kind| Case {
        name,
        path,
        ordinary_path: path,
        tenants: tenants.to_vec(),
        target,
        server_kind,
    };
    vec![
        case(
            "engine alone, one hot tenant, list of 10",
            LIST,
            hot,
            Some(TARGET),
            ServerKind::Hot,
        ),
        case(
            "engine alone, one hot tenant, count and list",
            COUNTED,
            hot,
            Some(TARGET),
            ServerKind::Hot,
        ),
        case(
            "engine alone, 20 tenants in turn, list of 10",
            LIST,
            many,
            None,
            ServerKind::Many,
        ),
        case(
            "engine alone, 20 tenants in turn, count and list",
            COUNTED,
            many,
            None,
            ServerKind::Many,
        ),
        Case {
            path: PLANE_LIST,
            ordinary_path: LIST,
            ..case(
                "the tenant plane in this process, without logs, list of 10",
                LIST,
                hot,
                None,
                ServerKind::Api,
            )
        },
    ]
}

impl Case {
    /// Whether it is of the hot tenant, by the bench's own handlers.
    pub(super) fn is_hot(&self) -> bool {
        matches!(self.server_kind, ServerKind::Hot)
    }
}

/// All servers of the scenario.
pub(super) struct Servers {
    hot: (Engine, Server),
    /// The hot tenant once more, over TLS.
    hot_over_tls: Option<(Engine, Server)>,
    many: (Engine, Server),
    api: Server,
    ordinary: (sqlx::PgPool, Server),
    /// The hot tenant's login in an ordinary pool.
    plain: (sqlx::PgPool, Server),
}

impl Servers {
    /// Starts them, each on a port of its own.
    pub(super) async fn start(world: &World, tenants: &[Tenant], tls: Option<&Tls>) -> anyhow::Result<Self> {
        let ordinary = Ordinary::make(world, tenants).await?;
        let pool = ordinary::pool(ordinary.connect, CONNECTIONS, false);
        let (first, others) = tenants.split_at(1);
        let plain = plain_tenant(&first[0]);
        let hot = Engine::of(world, first, CONNECTIONS, CONNECTIONS).await?;
        let many = Engine::of(world, others, u32::try_from(TENANTS)?, 1).await?;
        let hot_over_tls = match tls {
            Some(tls) => {
                let engine = Engine::of(world, &tls.tenants(first), CONNECTIONS, CONNECTIONS).await?;
                Some((engine.clone(), Server::start(tenancy::router(&engine)).await?))
            }
            None => None,
        };
        Ok(Self {
            hot_over_tls,
            api: plane::serve_plane(&hot)?,
            hot: (hot.clone(), Server::start(tenancy::router(&hot)).await?),
            many: (many.clone(), Server::start(tenancy::router(&many)).await?),
            ordinary: (pool.clone(), Server::start(ordinary::router(pool)).await?),
            plain: (
                plain.pool.clone(),
                Server::start(plain_pool::router(plain)).await?,
            ),
        })
    }

    /// Where this case's tenants are served.
    pub(super) fn of(&self, case: &Case) -> SocketAddr {
        match case.server_kind {
            ServerKind::Hot => self.hot.1.address(),
            ServerKind::Many => self.many.1.address(),
            ServerKind::Api => self.api.address(),
        }
    }

    /// Where the hot tenant is served over TLS.
    pub(super) fn over_tls(&self) -> Option<SocketAddr> {
        let (_, server) = self.hot_over_tls.as_ref()?;
        Some(server.address())
    }

    /// Where there are no tenants.
    pub(super) fn ordinary(&self) -> SocketAddr {
        self.ordinary.1.address()
    }

    /// Where the hot tenant is served over an ordinary pool.
    pub(super) fn plain(&self) -> SocketAddr {
        self.plain.1.address()
    }

    /// Closes what is open to the database; the servers end with this value.
    pub(super) async fn stop(self) {
        let [(hot, _), (many, _)] = [self.hot, self.many];
        hot.stop().await;
        if let Some((hot, _)) = self.hot_over_tls {
            hot.stop().await;
        }
        many.stop().await;
        self.ordinary.0.close().await;
        self.plain.0.close().await;
    }
}

/// The tenant's login in an ordinary pool, with sqlx's ping before each use left out.
fn plain_tenant(tenant: &Tenant) -> PlainTenant {
    PlainTenant {
        pool: ordinary::pool(tenant.spec.connect.clone(), CONNECTIONS, false),
        id: tenant.id.as_uuid(),
    }
}
