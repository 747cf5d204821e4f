//! Tenants by id and by name.

use std::collections::{BTreeSet, HashMap};

use admin_types::{Page, Tenant};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::id_or_name::is_named;
use super::{AdminClient, ClientError, IdOrName, Paging, Request};

/// The path of tenants.
pub(crate) const TENANTS: &str = "/admin/v1/tenants";

/// Concurrent lookups of tenants' names.
const LOOKUPS: usize = 8;

/// The names of tenants, for tables.
#[derive(Debug, Default)]
pub(crate) struct TenantNames(HashMap<Uuid, String>);

impl TenantNames {
    /// The tenant's name; its id where the name is not known.
    pub(crate) fn of(&self, id: Uuid) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

impl AdminClient {
    /// The tenant's id, looked up if it is named by its name.
    ///
    /// # Errors
    /// When no tenant has that name, or the service does not answer.
    pub(crate) async fn tenant(&self, tenant: &IdOrName) -> Result<Uuid, ClientError> {
        let name = match tenant {
            IdOrName::Id(id) => return Ok(*id),
            IdOrName::Name(name) => name,
        };
        // The service finds names by their beginning.
        let request = Request::get(TENANTS).query("name_prefix", Some(name));
        let paging = Paging {
            all: true,
            ..Paging::default()
        };
        let page: Page<_> = self.list(request, &paging).await?;
        for tenant in page.items {
            let tenant: Tenant = serde_json::from_str(tenant.get())?;
            if is_named(&tenant.name, name) {
                return Ok(tenant.id);
            }
        }
        Err(ClientError::UnknownName("tenant", name.clone()))
    }

    /// The same of a tenant that may be given, as a parameter.
    pub(crate) async fn tenant_parameter(
        &self,
        tenant: Option<&IdOrName>,
    ) -> Result<Option<String>, ClientError> {
        match tenant {
            Some(tenant) => Ok(Some(self.tenant(tenant).await?.to_string())),
            None => Ok(None),
        }
    }

    /// The names of these tenants. Those that are not found are left out: a table is worth showing without them.
    pub(crate) async fn tenant_names(&self, ids: impl IntoIterator<Item = Uuid>) -> TenantNames {
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        let lookups = ids.into_iter().map(|id| async move {
            let answer = self.send(&Request::get(format!("{TENANTS}/{id}"))).await.ok()?;
            Some((id, answer.read::<Tenant>().ok()?.name))
        });
        let names = stream::iter(lookups).buffer_unordered(LOOKUPS);
        TenantNames(names.filter_map(async |found| found).collect().await)
    }
}
