//! Demo tenants with a few users each, and an API key.

use std::path::PathBuf;

use anyhow::Context as _;
use control_plane::{
    Actor, ApiKey, ApiKeyChange, ApiKeyFilter, ApiKeyName, ApiKeyScopes, ApiKeySecret, ControlPlane,
    NewApiKey, TenantName, TenantState,
};
use tenant_registry::{TenantDb, TenantId};

use super::StateDir;
use api::TenantRegistry;

/// The name of the demo tenants' API keys.
const KEY: &str = "demo";

/// A demo tenant, as the banner shows it.
#[derive(Debug, Clone)]
pub struct DemoTenant {
    /// Its name.
    pub name: &'static str,
    /// Its id.
    pub id: TenantId,
    /// File of an API key of the tenant's. `None` if none could be made, as for a deleted tenant.
    pub key_file: Option<PathBuf>,
}

const TENANTS: [(&str, [&str; 3]); 2] = [
    ("acme", ["Ada Lovelace", "Grace Hopper", "Alan Turing"]),
    (
        "globex",
        ["Barbara Liskov", "Edsger Dijkstra", "Katherine Johnson"],
    ),
];

/// Creates missing demo tenants and their users. Does not change existing ones, but for an API key whose file is missing, or
/// has a key that is not valid any more.
///
/// # Errors
/// When the control store or the data cluster fails, or a file of the folder.
pub async fn seed(
    plane: &ControlPlane,
    registry: &TenantRegistry,
    state: &StateDir,
) -> anyhow::Result<Vec<DemoTenant>> {
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
        let key_file = api_key(plane, state, name, id)
            .await
            .with_context(|| format!("cannot make an API key of {name}"))?;
        demo.push(DemoTenant { name, id, key_file });
    }
    Ok(demo)
}

/// The file of a valid API key of this tenant, which is made if there is none. One that was made before and that no file
/// has any more is revoked.
async fn api_key(
    plane: &ControlPlane,
    state: &StateDir,
    name: &str,
    tenant: TenantId,
) -> anyhow::Result<Option<PathBuf>> {
    let file = format!("api-key-{name}");
    if let Some(kept) = state.secret(&file)? {
        let known = plane.store().live_api_key(&ApiKeySecret::presented(kept)).await?;
        if known.is_some_and(|key| key.tenant == tenant) {
            return Ok(Some(state.join(&file)));
        }
    }
    let new = NewApiKey {
        name: ApiKeyName::try_from(KEY.to_owned())?,
        scopes: ApiKeyScopes::ALL,
        expires_at: None,
    };
    let secret = ApiKeySecret::generate().context("no random bytes")?;
    let actor = Actor::service("tenantry");
    match plane.create_api_key(&actor, tenant, &new, &secret).await {
        Ok(key) => {
            let path = state.replace_secret(&file, secret.expose())?;
            revoke_former(plane, &actor, &key).await?;
            Ok(Some(path))
        }
        // It is deleted, or PostgreSQL is read-only: the service runs without.
        Err(error) => {
            tracing::warn!(tenant = name, %error, "no API key is made for a demo tenant");
            Ok(None)
        }
    }
}

/// Revokes the demo keys of the tenant that were made before this one.
async fn revoke_former(plane: &ControlPlane, actor: &Actor, current: &ApiKey) -> anyhow::Result<()> {
    let filter = ApiKeyFilter {
        tenant: Some(current.tenant),
        ..ApiKeyFilter::default()
    };
    let keys = plane.store().api_keys(&filter, None, i64::from(u16::MAX)).await?;
    let former = keys.into_iter().filter(|key| {
        key.id != current.id && key.name == KEY && key.created_by == actor.name && key.revoked_at.is_none()
    });
    for key in former {
        plane.change_api_key(actor, key.id, ApiKeyChange::Revoke).await?;
    }
    Ok(())
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
