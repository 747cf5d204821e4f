//! Purges: what is deleted, when, and what remains.

use std::time::Duration as StdDuration;

use control_plane::{
    ApiKeyScopes, ApiKeySecret, ChangeError, CreateError, NewApiKey, NewTenant, OperationState, Reconciler,
    Revisions, Taken, TenantFilter, TenantState, Transition,
};
use tenant_registry::{TenantDb, TenantId};
use testkit::Databases;
use time::Duration;
use tokio::time::{sleep, timeout};

use super::{GRACE, PATIENCE, hold, in_data, ops, refused, roles, run_transition};
use crate::support::{name, one, registry, role, run, sqlstate};

#[tokio::test]
async fn a_purge_deletes_all_rows_of_its_tenant_only() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let doomed = testkit::tenant(&plane, "doomed").await.id;
    let other = testkit::tenant(&plane, "other").await.id;
    let mut superuser = in_data(&databases).await;
    for id in [doomed, other] {
        let rows = format!(
            "INSERT INTO app.users (tenant_id, name) SELECT '{id}', 'user ' || n FROM generate_series(1, 12000) AS n"
        );
        run(&mut superuser, &rows).await.unwrap();
        let key = ApiKeySecret::generate().unwrap();
        let new = NewApiKey {
            name: "key".to_owned().try_into().unwrap(),
            scopes: ApiKeyScopes::ALL,
            expires_at: None,
        };
        plane.create_api_key(&ops(), id, &new, &key).await.unwrap();
    }
    // Objects that a tenant could create without the guard, and that would prevent dropping its roles.
    for leftover in [
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}_a GRANT SELECT ON TABLES TO tenantry_tenant",
        "ALTER ROLE {}_a SET work_mem = '1GB'",
    ] {
        run(&mut superuser, &leftover.replace("{}", &role(doomed)))
            .await
            .unwrap();
    }

    run_transition(&plane, doomed, Transition::Offboard { grace: Some(GRACE) }).await;
    let (tenant, operation) = run_transition(&plane, doomed, Transition::Purge).await;
    assert_eq!(operation.unwrap().rows_removed, 12_000);
    assert_eq!(tenant.state, TenantState::Purged);
    assert_eq!(tenant.name.as_str(), "purged");
    assert_eq!(roles(&databases, doomed).await, "");
    let rows = "SELECT string_agg(tenant_id || ' ' || count, ', ') FROM (SELECT tenant_id, count(*) FROM app.users GROUP BY 1) AS t";
    assert_eq!(
        one::<String>(&mut superuser, rows).await,
        format!("{other} 12000")
    );
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    for table in ["tenant_keys", "tenant_credentials", "api_keys"] {
        let left = format!("SELECT string_agg(tenant_id::text, ' ') FROM control.{table}");
        assert_eq!(
            one::<String>(&mut store, &left).await,
            other.to_string(),
            "{table}"
        );
    }

    // Its name is free again, its id is not, and lists omit it unless filtered by its state.
    testkit::tenant(&plane, "doomed").await;
    assert!(matches!(
        plane.create_tenant(name("another"), Some(doomed)).await,
        Err(CreateError::Exists(Taken::Id))
    ));
    let listed = plane
        .store()
        .tenants(&TenantFilter::default(), None, 10)
        .await
        .unwrap();
    assert!(listed.iter().all(|tenant| tenant.id != doomed));
    let purged = TenantFilter {
        state: Some(TenantState::Purged),
        ..TenantFilter::default()
    };
    let listed = plane.store().tenants(&purged, None, 10).await.unwrap();
    assert_eq!(
        listed.iter().map(|tenant| tenant.id).collect::<Vec<_>>(),
        [doomed]
    );
    assert_eq!(run_transition(&plane, doomed, Transition::Purge).await.1, None);
    assert!(matches!(
        refused(&plane, doomed, Transition::Undelete).await,
        ChangeError::State(TenantState::Purged)
    ));
}

/// An injected statement cannot empty a tenant's tables with the purge's function.
#[tokio::test]
async fn only_the_purge_can_delete_all_rows() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let db = TenantDb::new(registry(&plane).lease(id).await.unwrap());
    let error = sqlx::query("SELECT app.purge_rows(1000)")
        .execute(&db)
        .await
        .unwrap_err();
    assert_eq!(sqlstate(&error), "42501");
}

/// Any replica purges after the grace period.
#[tokio::test]
async fn the_reconciler_purges_after_the_grace_period() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let (soon, later) = (
        testkit::tenant(&plane, "soon").await.id,
        testkit::tenant(&plane, "later").await.id,
    );
    run_transition(
        &plane,
        soon,
        Transition::Offboard {
            grace: Some(Duration::ZERO),
        },
    )
    .await;
    run_transition(&plane, later, Transition::Offboard { grace: Some(GRACE) }).await;
    let reconciling = tokio::spawn(Reconciler::new(plane.clone()).run());
    timeout(PATIENCE, async {
        while plane.tenant(soon).await.unwrap().unwrap().state != TenantState::Purged {
            sleep(StdDuration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    reconciling.abort();
    assert_eq!(
        plane.tenant(later).await.unwrap().unwrap().state,
        TenantState::Offboarding
    );
    assert_eq!(roles(&databases, soon).await, "");
}

/// A deletion without grace period succeeds before its purge starts.
#[tokio::test]
async fn a_deletion_is_not_superseded_by_its_purge() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    hold(&mut store, "'offboard'").await;
    let at_once = Transition::Offboard {
        grace: Some(Duration::ZERO),
    };
    let deleted = plane
        .transition(&ops(), id, at_once, &Revisions::ANY)
        .await
        .unwrap();
    let (_, deletion) = deleted.within(&plane, PATIENCE).await.unwrap();
    let deletion = deletion.unwrap().id;
    let reconciling = tokio::spawn(Reconciler::new(plane.clone()).run());
    sleep(StdDuration::from_millis(1500)).await;
    let under_way = plane.store().operation(deletion).await.unwrap().unwrap();
    assert_eq!(under_way.state, OperationState::Running);

    run(&mut store, "DROP TRIGGER hold ON control.operations")
        .await
        .unwrap();
    timeout(PATIENCE, async {
        while plane.tenant(id).await.unwrap().unwrap().state != TenantState::Purged {
            sleep(StdDuration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    reconciling.abort();
    let ended = plane.store().operation(deletion).await.unwrap().unwrap();
    assert_eq!(ended.state, OperationState::Succeeded);
}

#[tokio::test]
async fn the_purge_time_can_change_until_the_purge_begins() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let delete = async |grace| {
        let (tenant, operation) = run_transition(&plane, id, Transition::Offboard { grace }).await;
        (tenant, operation.is_some())
    };
    let (first, _) = delete(Some(Duration::HOUR)).await;
    let (later, begun) = delete(Some(Duration::days(30))).await;
    assert!(!begun);
    assert!(later.purge_at.unwrap().clamped() - first.purge_at.unwrap().clamped() > Duration::days(29));
    // Without a grace period the time stays unchanged.
    let (same, _) = delete(None).await;
    assert_eq!((same.purge_at, same.revision), (later.purge_at, later.revision));
    let audited = "SELECT count(*) FROM control.audit_log
        WHERE action = 'tenant.delete' AND after->>'purge_at' > before->>'purge_at'";
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    assert_eq!(one::<i64>(&mut store, audited).await, 1);

    hold(&mut store, "'purge'").await;
    let purging = plane
        .transition(&ops(), id, Transition::Purge, &Revisions::ANY)
        .await
        .unwrap();
    // The purge time becomes now.
    assert!(purging.tenant.purge_at.unwrap() <= purging.tenant.updated_at);
    let grace = Some(GRACE);
    assert!(matches!(
        refused(&plane, id, Transition::Offboard { grace }).await,
        ChangeError::Purging
    ));
}

/// The key's tenant is purged and its answer trimmed: the key counts as new.
#[tokio::test]
async fn a_trimmed_key_creates_another_tenant() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let request = NewTenant::request_of(&ops(), "key");
    let of_key = TenantId::new(request);
    let create = async |called: &str| {
        let new = NewTenant {
            request: Some(request),
            ..NewTenant::named(name(called))
        };
        let started = plane.begin_creation(&ops(), &new, None).await.unwrap();
        let (tenant, _) = started.within(&plane, PATIENCE).await.unwrap();
        assert_eq!(
            (tenant.state, tenant.name.as_str()),
            (TenantState::Active, called)
        );
        tenant.id
    };
    assert_eq!(create("first").await, of_key);
    assert_eq!(create("first").await, of_key);
    assert_ne!(create("second").await, of_key);
}
