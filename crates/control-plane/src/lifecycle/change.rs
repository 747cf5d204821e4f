//! Changing tenants.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::start::Started;
use super::{ChangeError, Transition};
use crate::actor::Actor;
use crate::plane::ControlPlane;
use crate::store::Bounds;
use crate::tenant::{Tenant, TenantChange};

impl ControlPlane {
    /// Changes what an operator may say of a tenant, if it is at this revision still; with `None`, whatever it is at.
    /// No more than `most_reserved` connections are reserved for all tenants together.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn change_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        change: &TenantChange,
        revision: Option<i64>,
        most_reserved: Option<u32>,
    ) -> Result<Tenant, ChangeError> {
        let bounds = Bounds {
            default_max: self.default_max(),
            most_reserved,
        };
        let tenant = self
            .store
            .change_tenant(actor, id, change, revision, bounds)
            .await?;
        if change.max_connections.is_some() {
            self.set_login_limit(&tenant).await;
        }
        Ok(tenant)
    }

    /// Begins what leads a tenant to another state, if it is at this revision still; with `None`, whatever it is at.
    /// A tenant that is there already is left as it is.
    ///
    /// Whom it refuses, it refuses from now on; whom it serves again, when the operation has succeeded.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn transition(
        &self,
        actor: &Actor,
        id: TenantId,
        transition: Transition,
        revision: Option<i64>,
    ) -> Result<Started, ChangeError> {
        let operation = Uuid::now_v7();
        let committed = self
            .store
            .transition(actor, id, transition, revision, operation)
            .await?;
        Ok(self.start(committed, operation))
    }
}
