//! Demo tenants with a few users each.

use anyhow::Context as _;
use control_plane::{ControlPlane, TenantName, TenantState};
use tenant_registry::{TenantDb, TenantId};

use api::TenantRegistry;

/// A demo tenant, as the banner shows it.
#[derive(Debug, Clone)]
pub struct DemoTenant {
    /// Its name.
    pub name: &'static str,
    /// Its id.
    pub id: TenantId,
}

const TENANTS: [(&str, [&str; 3]); 2] = [
    ("acme", ["Ada Lovelace", "Grace Hopper", "Alan Turing"]),
    (
        "globex",
        ["Barbara Liskov", "Edsger Dijkstra", "Katherine Johnson"],
    ),
];

/// Creates missing demo tenants and their users. Does not change existing ones.
///
/// # Errors
/// When the control store or the data cluster fails.
pub async fn seed(plane: &ControlPlane, registry: &TenantRegistry) -> anyhow::Result<Vec<DemoTenant>> {
    let mut demo = Vec::new();
    for (name, users) in TENANTS {
        let wanted = TenantName::new(name)?;
        let found = plane.store().tenant_named(&wanted).await?;
        let id = match found {
            Some(tenant) if tenant.state != TenantState::Provisioning => tenant.id,
            found => {
                let tenant = plane.create_tenant(wanted, found.map(|tenant| tenant.id)).await;
                let tenant = tenant.with_context(|| format!("cannot create the demo tenant {name}"))?;
                add_users(registry, tenant.id, &users)
                    .await
                    .with_context(|| format!("cannot add users to {name}"))?;
                tenant.id
            }
        };
        demo.push(DemoTenant { name, id });
    }
    Ok(demo)
}

/// Adds users with the tenant's own login, under row level security.
async fn add_users(registry: &TenantRegistry, tenant: TenantId, names: &[&str]) -> anyhow::Result<()> {
    let db = TenantDb::new(registry.lease(tenant).await?);
    for name in names {
        sqlx::query("INSERT INTO app.users (name, confirmed) VALUES ($1, true)")
            .bind(name)
            .execute(&db)
            .await?;
    }
    Ok(())
}
