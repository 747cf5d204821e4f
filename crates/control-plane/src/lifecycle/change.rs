//! Changes and transitions of tenants.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::started::StartedChange;
use crate::actor::Actor;
use crate::plane::ControlPlane;
use crate::store::change_error::ChangeError;
use crate::store::tenant_changes::LimitBounds;
use crate::tenant::revisions::Revisions;
use crate::tenant::{Tenant, TenantChange};
use crate::transition::Transition;

impl ControlPlane {
    /// Changes a tenant, if it is at one of these revisions. At most `most_reserved` connections are
    /// reserved for all tenants together.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn change_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        change: &TenantChange,
        revisions: &Revisions,
        most_reserved: Option<u32>,
    ) -> Result<Tenant, ChangeError> {
        let bounds = LimitBounds {
            default_max: self.default_max(),
            most_reserved,
        };
        let tenant = self
            .store
            .change_tenant(actor, id, change, revisions, bounds)
            .await?;
        if change.max_connections.is_some() {
            self.set_login_limit(&tenant).await;
        }
        Ok(tenant)
    }

    /// Starts a transition, if the tenant is at one of these revisions. A tenant that is in the
    /// requested state already is not changed.
    ///
    /// A transition that refuses the tenant takes effect at once; one that serves it again, when its operation has
    /// succeeded.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn transition(
        &self,
        actor: &Actor,
        id: TenantId,
        transition: Transition,
        revisions: &Revisions,
    ) -> Result<StartedChange, ChangeError> {
        let operation = Uuid::now_v7();
        let committed = self
            .store
            .transition(actor, id, transition, revisions, operation)
            .await?;
        Ok(self.start(committed, operation))
    }
}
