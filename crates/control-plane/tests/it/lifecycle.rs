//! The lifecycle of tenants.

mod changes;
mod purge;
mod transitions;

use std::time::Duration as StdDuration;

use control_plane::{
    Actor, ChangeError, ControlPlane, Operation, OperationState, Revisions, Tenant, Transition,
};
use sqlx::postgres::PgConnection;
use tenant_registry::{LeaseError, SourceError, TenantDb, TenantId};
use testkit::Databases;
use time::Duration;

use crate::support::{one, registry, role, run};

const GRACE: Duration = Duration::days(7);
const PATIENCE: StdDuration = StdDuration::from_mins(1);

fn ops() -> Actor {
    Actor::service("ops")
}

async fn in_data(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

/// Runs a transition to its end.
async fn run_transition(
    plane: &ControlPlane,
    id: TenantId,
    transition: Transition,
) -> (Tenant, Option<Operation>) {
    let started = plane
        .transition(&ops(), id, transition, &Revisions::ANY)
        .await
        .unwrap();
    let (tenant, operation) = started.within(plane, PATIENCE).await.unwrap();
    if let Some(operation) = &operation {
        assert_eq!(operation.state, OperationState::Succeeded, "{operation:?}");
    }
    (tenant, operation)
}

async fn refused(plane: &ControlPlane, id: TenantId, transition: Transition) -> ChangeError {
    plane
        .transition(&ops(), id, transition, &Revisions::ANY)
        .await
        .unwrap_err()
}

/// The answer of a fresh registry's lookup of the tenant.
async fn lookup(plane: &ControlPlane, id: TenantId) -> Result<i64, SourceError> {
    match registry(plane).lease(id).await {
        Ok(lease) => Ok(sqlx::query_scalar("SELECT count(*) FROM app.users")
            .fetch_one(&TenantDb::new(lease))
            .await
            .unwrap()),
        Err(LeaseError::Source { error, .. }) => Err(error),
        Err(error) => panic!("{error:?}"),
    }
}

/// The tenant's roles in the cluster, and which of them have LOGIN.
async fn roles(databases: &Databases, id: TenantId) -> String {
    let roles = format!(
        "SELECT coalesce(string_agg(replace(rolname, '{0}', 'tn') || CASE WHEN rolcanlogin THEN '+' ELSE '' END, ' '
            ORDER BY rolname), '') FROM pg_roles WHERE rolname ~ '^{0}'",
        role(id)
    );
    one(&mut in_data(databases).await, &roles).await
}

/// Prevents steps of these kinds of operations from being recorded, so that they stay running.
async fn hold(store: &mut PgConnection, kinds: &str) {
    let hold = format!(
        "CREATE OR REPLACE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.steps_done > 0 AND NEW.kind IN ({kinds}) THEN RAISE 'not yet'; END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER hold BEFORE UPDATE ON control.operations FOR EACH ROW EXECUTE FUNCTION public.hold()"
    );
    run(store, &hold).await.unwrap();
}
