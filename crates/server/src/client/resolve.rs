//! Which tenant is meant.

use uuid::Uuid;

use super::pages::next_cursor;
use super::{AdminClient, ClientError, Request, id};
use crate::cli::arguments::TenantRef;

/// Where the tenants are.
pub(crate) const TENANTS: &str = "/admin/v1/tenants";

impl AdminClient {
    /// The tenant's id, looked up if it is named by its name.
    ///
    /// # Errors
    /// When no tenant has that name, or the service does not answer.
    pub(crate) async fn tenant(&self, tenant: &TenantRef) -> Result<Uuid, ClientError> {
        match tenant {
            TenantRef::Id(id) => Ok(*id),
            TenantRef::Name(name) => self.named(name).await,
        }
    }

    /// The same of one that may be there.
    pub(crate) async fn maybe_tenant(
        &self,
        tenant: Option<&TenantRef>,
    ) -> Result<Option<String>, ClientError> {
        match tenant {
            Some(tenant) => Ok(Some(self.tenant(tenant).await?.to_string())),
            None => Ok(None),
        }
    }

    /// The list knows how names begin; the one that ends there too is meant.
    async fn named(&self, name: &str) -> Result<Uuid, ClientError> {
        let request = Request::get(TENANTS)
            .query("name_prefix", name)
            .query("limit", "500");
        let mut cursor: Option<String> = None;
        loop {
            let page = self.send(&request.clone().maybe("cursor", cursor)).await?.body;
            let items = page["items"].as_array().into_iter().flatten();
            let mut same = items.filter(|tenant| tenant["name"] == name);
            if let Some(tenant) = same.next() {
                return id(tenant);
            }
            match next_cursor(&page) {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Err(ClientError::NoSuchTenant(name.to_owned())),
            }
        }
    }
}
