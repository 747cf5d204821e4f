//! Rows of lists, with the names of their tenants.

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::session::Session;
use crate::args::PageArgs;
use crate::client::Request;
use crate::output::Column;

/// A row with the name of its tenant.
pub(super) struct Named<T> {
    pub(super) row: T,
    /// The tenant's name, or its id where the name is not known; `None` for a row without a tenant.
    pub(super) tenant: Option<String>,
}

impl Session {
    /// Shows a list, for people with the names of its tenants.
    pub(super) async fn list_named<T: DeserializeOwned>(
        &self,
        request: Request,
        page: PageArgs,
        columns: &[Column<Named<T>>],
        tenant: impl Fn(&T) -> Option<Uuid>,
    ) -> anyhow::Result<()> {
        let rows = async |rows| self.name_tenants(rows, tenant).await;
        self.list_as(request, page, columns, rows).await
    }

    /// Adds the tenants' names to these rows.
    pub(super) async fn name_tenants<T>(
        &self,
        rows: Vec<T>,
        tenant: impl Fn(&T) -> Option<Uuid>,
    ) -> Vec<Named<T>> {
        let names = self.client.tenant_names(rows.iter().filter_map(&tenant)).await;
        let rows = rows.into_iter().map(|row| {
            let tenant = tenant(&row).map(|id| names.of(id));
            Named { row, tenant }
        });
        rows.collect()
    }
}
