//! A tenant's whole life: who is served when, what is left of whom.

use std::time::Duration as StdDuration;

use control_plane::{
    Actor, ApiKeySecret, ChangeError, ControlPlane, CreateError, ExternalId, Limits, Metadata, NewTenant,
    Operation, OperationKind, OperationState, Reconciler, Taken, Tenant, TenantChange, TenantFilter,
    TenantState, Transition,
};
use sqlx::postgres::PgConnection;
use tenant_registry::{LeaseError, SourceError, TenantDb, TenantId};
use testkit::Databases;
use time::Duration;
use tokio::time::{sleep, timeout};

use crate::support::{make_three_roles, name, one, registry, role, run, sqlstate};

const GRACE: Duration = Duration::days(7);
const PATIENCE: StdDuration = StdDuration::from_mins(1);

fn ops() -> Actor {
    Actor::service("ops")
}

async fn in_data(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

/// Leads the tenant there, to the end.
async fn lead(plane: &ControlPlane, id: TenantId, transition: Transition) -> (Tenant, Option<Operation>) {
    let started = plane.transition(&ops(), id, transition, None).await.unwrap();
    let (tenant, operation) = started.within(plane, PATIENCE).await.unwrap();
    if let Some(operation) = &operation {
        assert_eq!(operation.state, OperationState::Succeeded, "{operation:?}");
    }
    (tenant, operation)
}

async fn refused(plane: &ControlPlane, id: TenantId, transition: Transition) -> ChangeError {
    plane.transition(&ops(), id, transition, None).await.unwrap_err()
}

/// What a fresh registry says of the tenant.
async fn asked(plane: &ControlPlane, id: TenantId) -> Result<i64, SourceError> {
    match registry(plane).lease(id).await {
        Ok(lease) => Ok(sqlx::query_scalar("SELECT count(*) FROM app.users")
            .fetch_one(&TenantDb::new(lease))
            .await
            .unwrap()),
        Err(LeaseError::Source { error, .. }) => Err(error),
        Err(error) => panic!("{error:?}"),
    }
}

/// The tenant's roles in the cluster, and which of them can log in.
async fn roles(databases: &Databases, id: TenantId) -> String {
    let roles = format!(
        "SELECT coalesce(string_agg(replace(rolname, '{0}', 'tn') || CASE WHEN rolcanlogin THEN '+' ELSE '' END, ' '
            ORDER BY rolname), '') FROM pg_roles WHERE rolname ~ '^{0}'",
        role(id)
    );
    one(&mut in_data(databases).await, &roles).await
}

#[tokio::test]
async fn suspended_and_resumed() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let options = {
        use tenant_registry::TenantSource as _;
        plane.source().load(id).await.unwrap().connect
    };
    let mut session = {
        use sqlx::ConnectOptions as _;
        options.connect().await.unwrap()
    };

    let (tenant, operation) = lead(&plane, id, Transition::Suspend).await;
    assert_eq!(tenant.state, TenantState::Suspended);
    assert_eq!(operation.unwrap().kind, OperationKind::Suspend);
    assert!(matches!(asked(&plane, id).await, Err(SourceError::Suspended)));
    assert_eq!(roles(&databases, id).await, "tn_a");
    // Whoever has the password is out as well.
    assert!(run(&mut session, "SELECT 1").await.is_err());
    let again = {
        use sqlx::ConnectOptions as _;
        options.connect().await.unwrap_err()
    };
    assert_eq!(sqlstate(&again), "28000");
    // Asked twice, nothing is to be done.
    assert_eq!(lead(&plane, id, Transition::Suspend).await.1, None);

    let (tenant, _) = lead(&plane, id, Transition::Resume).await;
    assert_eq!(tenant.state, TenantState::Active);
    assert_eq!(roles(&databases, id).await, "tn_a+");
    assert_eq!(asked(&plane, id).await.unwrap(), 0);
    assert_eq!(lead(&plane, id, Transition::Resume).await.1, None);
    assert!(matches!(
        refused(&plane, id, Transition::Purge).await,
        ChangeError::State(TenantState::Active)
    ));
}

/// Until migration 0008 a tenant was three roles: its two logins in a role of its own, and that one in the group.
#[tokio::test]
async fn a_tenant_of_three_roles_lives_and_dies_like_any_other() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "early").await.id;
    let mut superuser = in_data(&databases).await;
    make_three_roles(&mut superuser, id).await;
    run(
        &mut superuser,
        &format!("INSERT INTO app.users (tenant_id, name) VALUES ('{id}', 'Ada')"),
    )
    .await
    .unwrap();
    assert_eq!(roles(&databases, id).await, "tn tn_a+ tn_b");

    assert_eq!(asked(&plane, id).await.unwrap(), 1);
    lead(&plane, id, Transition::Suspend).await;
    assert_eq!(roles(&databases, id).await, "tn tn_a tn_b");
    lead(&plane, id, Transition::Resume).await;
    assert_eq!(asked(&plane, id).await.unwrap(), 1);
    lead(&plane, id, Transition::Offboard { grace: Some(GRACE) }).await;
    let (_, operation) = lead(&plane, id, Transition::Purge).await;
    assert_eq!(operation.unwrap().rows_removed, 1);
    assert_eq!(roles(&databases, id).await, "");
}

#[tokio::test]
async fn deleted_and_brought_back_as_it_was() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    for (tenant_name, suspended) in [("active", false), ("suspended", true)] {
        let id = testkit::tenant(&plane, tenant_name).await.id;
        if suspended {
            lead(&plane, id, Transition::Suspend).await;
        }
        let before = plane.tenant(id).await.unwrap().unwrap();
        let (tenant, _) = lead(&plane, id, Transition::Offboard { grace: Some(GRACE) }).await;
        assert_eq!(tenant.state, TenantState::Offboarding);
        assert!(tenant.purge_at.unwrap().clamped() - tenant.updated_at.clamped() > Duration::days(6));
        assert!(matches!(asked(&plane, id).await, Err(SourceError::Unknown)));
        assert_eq!(roles(&databases, id).await, "tn_a");
        for no_way in [Transition::Suspend, Transition::Resume] {
            assert!(matches!(
                refused(&plane, id, no_way).await,
                ChangeError::State(TenantState::Offboarding)
            ));
        }

        let (tenant, _) = lead(&plane, id, Transition::Undelete).await;
        assert_eq!((tenant.state, tenant.purge_at), (before.state, None));
        assert_eq!(asked(&plane, id).await.is_ok(), !suspended);
    }
}

#[tokio::test]
async fn purged_to_its_last_row_and_nobody_elses() {
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
        plane
            .store()
            .insert_api_key(&ops(), id, "key", None, &key)
            .await
            .unwrap();
    }
    // What a tenant could leave behind where no guard refuses it, and what would keep its roles from being dropped.
    for leftover in [
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}_a GRANT SELECT ON TABLES TO tenantry_tenant",
        "ALTER ROLE {}_a SET work_mem = '1GB'",
    ] {
        run(&mut superuser, &leftover.replace("{}", &role(doomed)))
            .await
            .unwrap();
    }

    lead(&plane, doomed, Transition::Offboard { grace: Some(GRACE) }).await;
    let (tenant, operation) = lead(&plane, doomed, Transition::Purge).await;
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

    // Its name is free, its id is not, and it is not listed unless asked for.
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
    assert_eq!(lead(&plane, doomed, Transition::Purge).await.1, None);
    assert!(matches!(
        refused(&plane, doomed, Transition::Undelete).await,
        ChangeError::State(TenantState::Purged)
    ));
}

/// The function that removes rows is no way to empty a tenant's tables by an injected statement.
#[tokio::test]
async fn only_the_purge_removes_all_rows() {
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

/// By whatever replica, when the grace period is over.
#[tokio::test]
async fn the_reconciler_purges_whose_time_is_up() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let (soon, later) = (
        testkit::tenant(&plane, "soon").await.id,
        testkit::tenant(&plane, "later").await.id,
    );
    lead(
        &plane,
        soon,
        Transition::Offboard {
            grace: Some(Duration::ZERO),
        },
    )
    .await;
    lead(&plane, later, Transition::Offboard { grace: Some(GRACE) }).await;
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

/// Nobody notes a step of these kinds of operations, so that what has begun stays under way.
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

/// Who deletes without a grace period sees the deletion succeed, and the purge comes after it.
#[tokio::test]
async fn a_deletion_is_not_overtaken_by_its_own_purge() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    hold(&mut store, "'offboard'").await;
    let at_once = Transition::Offboard {
        grace: Some(Duration::ZERO),
    };
    let deleted = plane.transition(&ops(), id, at_once, None).await.unwrap();
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
async fn a_deleted_tenant_is_given_another_time_until_its_rows_go() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let delete = async |grace| {
        let (tenant, operation) = lead(&plane, id, Transition::Offboard { grace }).await;
        (tenant, operation.is_some())
    };
    let (first, _) = delete(Some(Duration::HOUR)).await;
    let (later, begun) = delete(Some(Duration::days(30))).await;
    assert!(!begun);
    assert!(later.purge_at.unwrap().clamped() - first.purge_at.unwrap().clamped() > Duration::days(29));
    // Whoever says nothing of the time leaves it as it is.
    let (same, _) = delete(None).await;
    assert_eq!((same.purge_at, same.revision), (later.purge_at, later.revision));
    let audited = "SELECT count(*) FROM control.audit_log
        WHERE action = 'tenant.delete' AND after->>'purge_at' > before->>'purge_at'";
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    assert_eq!(one::<i64>(&mut store, audited).await, 1);

    hold(&mut store, "'purge'").await;
    let purging = plane
        .transition(&ops(), id, Transition::Purge, None)
        .await
        .unwrap();
    // Its time is now, whatever it was.
    assert!(purging.tenant.purge_at.unwrap() <= purging.tenant.updated_at);
    let grace = Some(GRACE);
    assert!(matches!(
        refused(&plane, id, Transition::Offboard { grace }).await,
        ChangeError::Purging
    ));
}

/// Its tenant is gone and its answer forgotten: a key that is used again is a new one.
#[tokio::test]
async fn a_key_that_was_forgotten_makes_another_tenant() {
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

/// Whoever leads away is overtaken by who wants it to stay, while it is under way.
#[tokio::test]
async fn what_is_about_to_leave_is_kept() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    hold(&mut store, "'resume', 'undelete'").await;
    for (first, way_back, again, state) in [
        (
            Transition::Suspend,
            Transition::Resume,
            Transition::Suspend,
            TenantState::Suspended,
        ),
        (
            Transition::Offboard {
                grace: Some(Duration::ZERO),
            },
            Transition::Undelete,
            Transition::Offboard { grace: Some(GRACE) },
            TenantState::Offboarding,
        ),
    ] {
        let id = testkit::tenant(&plane, state.as_str()).await.id;
        lead(&plane, id, first).await;
        let back = plane.transition(&ops(), id, way_back, None).await.unwrap();
        let (_, back) = back.within(&plane, PATIENCE).await.unwrap();
        let back = back.unwrap();
        assert_eq!(back.state, OperationState::Running);
        assert!(back.attempts > 0, "{back:?}");
        // Its time is up, and it is being brought back: nobody purges it.
        let reconciling = tokio::spawn(Reconciler::new(plane.clone()).run());
        sleep(StdDuration::from_millis(1500)).await;
        reconciling.abort();

        let (tenant, operation) = lead(&plane, id, again).await;
        assert_eq!(tenant.state, state);
        assert_eq!(operation.unwrap().state, OperationState::Succeeded);
        let back = plane.store().operation(back.id).await.unwrap().unwrap();
        assert_eq!(back.state, OperationState::Superseded);
        assert_eq!(roles(&databases, id).await, "tn_a");
    }
}

/// With its password, and its own role's row held in a transaction that it leaves open.
#[tokio::test]
async fn a_tenant_cannot_keep_itself_from_being_suspended() {
    use sqlx::ConnectOptions as _;
    use tenant_registry::TenantSource as _;
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id = testkit::tenant(&plane, "acme").await.id;
    let options = plane.source().load(id).await.unwrap().connect;
    let mut session = options.connect().await.unwrap();
    let hold = "SET idle_in_transaction_session_timeout = 0; BEGIN; ALTER ROLE CURRENT_USER SET work_mem = '8MB'; \
        ALTER ROLE CURRENT_USER PASSWORD 'mine'";
    run(&mut session, hold).await.unwrap();
    lead(&plane, id, Transition::Suspend).await;
    assert!(run(&mut session, "SELECT 1").await.is_err());
    assert_eq!(roles(&databases, id).await, "tn_a");
}

#[tokio::test]
async fn what_is_changed_is_checked_and_counted() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let new = NewTenant {
        external_id: Some(ExternalId::new("crm-1").unwrap()),
        ..NewTenant::named(name("acme"))
    };
    let (tenant, _) = plane
        .begin_creation(&ops(), &new, None)
        .await
        .unwrap()
        .within(&plane, PATIENCE)
        .await
        .unwrap();
    let other = testkit::tenant(&plane, "other").await;

    let change = TenantChange {
        name: Some(name("acme inc")),
        metadata: Some(Metadata::new(serde_json::from_str(r#"{"plan": "gold"}"#).unwrap()).unwrap()),
        max_connections: Some(Some(20)),
        reserved_connections: Some(3),
        ..TenantChange::default()
    };
    let changed = plane
        .change_tenant(&ops(), tenant.id, &change, Some(tenant.revision), Some(10))
        .await
        .unwrap();
    assert_eq!(changed.revision, tenant.revision + 1);
    assert!(
        changed.version > tenant.version,
        "a pool must learn of its limits"
    );
    assert_eq!(
        changed.limits,
        Limits {
            max_connections: Some(20),
            reserved_connections: 3
        }
    );
    // The same once more changes nothing, whoever read it before is refused, and a name alone is nothing to a pool.
    let again = plane
        .change_tenant(&ops(), tenant.id, &change, None, Some(10))
        .await
        .unwrap();
    assert_eq!(again, changed);
    let stale = plane
        .change_tenant(&ops(), tenant.id, &change, Some(tenant.revision), None)
        .await;
    assert!(matches!(stale, Err(ChangeError::Revision(now)) if now == changed.revision));
    let renamed = TenantChange {
        name: Some(name("acme ltd")),
        ..TenantChange::default()
    };
    let renamed = plane
        .change_tenant(&ops(), tenant.id, &renamed, None, None)
        .await
        .unwrap();
    assert_eq!(renamed.version, changed.version);

    for (change, taken) in [
        (
            TenantChange {
                name: Some(name("acme ltd")),
                ..TenantChange::default()
            },
            Taken::Name,
        ),
        (
            TenantChange {
                external_id: Some(new.external_id.clone()),
                ..TenantChange::default()
            },
            Taken::ExternalId,
        ),
    ] {
        let refused = plane.change_tenant(&ops(), other.id, &change, None, None).await;
        assert!(matches!(refused, Err(ChangeError::Taken(what)) if what == taken));
    }
    // Of 10 that may be reserved in all, 3 are gone; without a limit of its own a tenant may hold 5.
    for (reserved, max, fits) in [
        (8, Some(8), false),
        (7, Some(6), false),
        (6, None, false),
        (7, Some(7), true),
    ] {
        let change = TenantChange {
            reserved_connections: Some(reserved),
            max_connections: Some(max),
            ..TenantChange::default()
        };
        let changed = plane
            .change_tenant(&ops(), other.id, &change, None, Some(10))
            .await;
        assert_eq!(changed.is_ok(), fits, "{reserved} {max:?}: {changed:?}");
    }
}

/// Eight tenants ask for four of ten connections at the same moment: two get them, whoever is first.
#[tokio::test]
async fn reservations_at_once_stay_within_the_budget() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let mut changes = Vec::new();
    for number in 0..8 {
        let id = testkit::tenant(&plane, &format!("tenant {number}")).await.id;
        let plane = plane.clone();
        let change = TenantChange {
            reserved_connections: Some(4),
            ..TenantChange::default()
        };
        changes.push(async move { plane.change_tenant(&ops(), id, &change, None, Some(10)).await });
    }
    for result in &futures_util::future::join_all(changes).await {
        assert!(
            matches!(result, Ok(_) | Err(ChangeError::Limits(_))),
            "{result:?}"
        );
    }
    let reserved = "SELECT sum(reserved_connections) FROM control.tenants";
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    assert_eq!(one::<i64>(&mut store, reserved).await, 8);
}

/// Neither is there without the other, and a refused change leaves none.
#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let actor = Actor {
        source: Some("192.0.2.7".parse().unwrap()),
        request_id: Some("r-1".to_owned()),
        ..Actor::service("ada")
    };
    let new = NewTenant::named(name("acme"));
    let started = plane.begin_creation(&actor, &new, None).await.unwrap();
    let id = started.within(&plane, PATIENCE).await.unwrap().0.id;
    for transition in [
        Transition::Suspend,
        Transition::Suspend,
        Transition::Offboard { grace: Some(GRACE) },
        Transition::Purge,
    ] {
        let started = plane.transition(&actor, id, transition, None).await.unwrap();
        started.within(&plane, PATIENCE).await.unwrap();
    }
    assert!(
        plane
            .transition(&actor, id, Transition::Resume, None)
            .await
            .is_err()
    );
    let mut store = databases.server().superuser(databases.control().as_str()).await;
    let log = format!(
        "SELECT string_agg(concat_ws(' ', actor, host(source), request_id, action, outcome, before->>'state', after->>'state'),
            E'\\n' ORDER BY id)
         FROM control.audit_log WHERE tenant_id = '{id}'"
    );
    assert_eq!(
        one::<String>(&mut store, &log).await,
        "ada 192.0.2.7 r-1 tenant.create done provisioning\n\
         operation tenant.served done\n\
         ada 192.0.2.7 r-1 tenant.suspend done active suspended\n\
         ada 192.0.2.7 r-1 tenant.suspend done suspended suspended\n\
         ada 192.0.2.7 r-1 tenant.delete done suspended offboarding\n\
         ada 192.0.2.7 r-1 tenant.purge done offboarding offboarding\n\
         operation tenant.purged done"
    );
}
