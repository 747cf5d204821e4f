//! Creation of tenants by the control plane.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, anyhow};
use control_plane::{ControlPlane, ControlPlaneSettings, TenantName};
use schema::{Login, Slot, TENANT_GROUP, random_secret, tenant_login};
use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use tenant_registry::{TenantId, TenantSource as _, TenantSpec};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::World;
use crate::progress;

/// Creations at once.
const AT_ONCE: usize = 8;

/// A tenant and how to log in as it: with a generated password and the cheap verifier that goes with one.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) spec: TenantSpec,
}

impl Tenant {
    /// Its login, for programs that are no part of us.
    ///
    /// # Errors
    /// When the source gave no password.
    pub(crate) fn login(&self) -> anyhow::Result<Login> {
        let url = self.spec.connect.to_url_lossy();
        let password = url.password().context("the tenant has no password")?;
        // Of URL-safe base64 sqlx escapes these two.
        let password = password.replace("%2D", "-").replace("%5F", "_").into();
        Ok(Login::new(tenant_login(self.id, Slot::A), password))
    }
}

/// Makes so many more tenants, and says how long that took.
pub(super) async fn create(world: &World, existing: usize, count: usize) -> anyhow::Result<Vec<Tenant>> {
    let plane = world.control_plane()?;
    let begin = Instant::now();
    let ids = world.make(&plane, existing, count).await?;
    let source = plane.source();
    let mut made = Vec::with_capacity(count);
    for id in ids {
        let spec = source.load(id).await.map_err(|error| anyhow!(error))?;
        made.push(Tenant { id, spec });
    }
    // Its connections would count among those of the tenants' database.
    plane.close().await;
    progress::say(format_args!(
        "{count} tenants created in {:.1} s",
        begin.elapsed().as_secs_f64()
    ));
    Ok(made)
}

async fn work(plane: &ControlPlane, next: &AtomicUsize, end: usize) -> anyhow::Result<Vec<TenantId>> {
    let mut made = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return Ok(made);
        }
        let name = TenantName::new(format!("tenant {number}"))?;
        made.push(plane.create_tenant(name, None).await?.id);
    }
}

fn settings(world: &World) -> ControlPlaneSettings {
    ControlPlaneSettings {
        control: world.cluster.clone(),
        control_database: world.control.clone(),
        control_login: world.service.clone(),
        control_connections: 4,
        data: world.cluster.clone(),
        data_database: world.data.clone(),
        data_login: world.service.clone(),
        max_connections_per_tenant: 10,
        // A login's CONNECTION LIMIT comes of it, and contenders open up to 50 sessions of one login.
        instances: 8,
    }
}

impl World {
    /// A control plane over the world's databases.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub(crate) fn control_plane(&self) -> anyhow::Result<ControlPlane> {
        Ok(ControlPlane::open(settings(self), self.keys.envelope()?))
    }

    /// Makes so many tenants beyond those that exist, eight at once.
    ///
    /// # Errors
    /// When one cannot be created.
    pub(crate) async fn make(
        &self,
        plane: &ControlPlane,
        existing: usize,
        count: usize,
    ) -> anyhow::Result<Vec<TenantId>> {
        let next = Arc::new(AtomicUsize::new(existing));
        let end = existing + count;
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (plane, next) = (plane.clone(), Arc::clone(&next));
            tasks.spawn(async move { work(&plane, &next, end).await });
        }
        let mut made = Vec::with_capacity(count);
        for part in tasks.join_all().await {
            made.extend(part?);
        }
        Ok(made)
    }

    /// Makes these tenants' second logins, or makes them anew, all with one password, whose verifier PostgreSQL
    /// computes itself: 4096 iterations, as for every password that is given to it in plain. Only comparators use them.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn second_logins(&self, tenants: &[Tenant]) -> anyhow::Result<Vec<Login>> {
        let password = random_secret()?;
        let login = |tenant: &Tenant| Login::new(tenant_login(tenant.id, Slot::B), password.clone());
        let logins: Vec<Login> = tenants.iter().map(login).collect();
        let statements = logins.iter().fold(String::new(), |mut sql, login| {
            // URL-safe base64 and hexadecimal digits need no quoting.
            let _ = write!(
                sql,
                "DROP ROLE IF EXISTS {0}; CREATE ROLE {0} LOGIN PASSWORD '{1}'; GRANT {TENANT_GROUP} TO {0};",
                login.user,
                login.password.expose_secret()
            );
            sql
        });
        self.execute(self.data(), statements).await?;
        Ok(logins)
    }
}
