//! Changes of a tenant's properties, and their audit.

use control_plane::{
    Actor, ChangeError, ExternalId, Limits, Metadata, MetadataChange, NewTenant, Revisions, Taken,
    TenantChange, Transition,
};
use testkit::Databases;

use super::{GRACE, PATIENCE, ops};
use crate::support::{name, one};

#[tokio::test]
async fn changes_are_checked_and_counted() {
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
        metadata: Some(MetadataChange::Replace(
            Metadata::new(serde_json::from_str(r#"{"plan": "gold"}"#).unwrap()).unwrap(),
        )),
        max_connections: Some(Some(20)),
        reserved_connections: Some(3),
        ..TenantChange::default()
    };
    let as_read = Revisions::Only(vec![tenant.revision]);
    let changed = plane
        .change_tenant(&ops(), tenant.id, &change, &as_read, Some(10))
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
    // A repetition changes nothing, an outdated revision is refused, and a name is irrelevant for pools.
    let again = plane
        .change_tenant(&ops(), tenant.id, &change, &Revisions::ANY, Some(10))
        .await
        .unwrap();
    assert_eq!(again, changed);
    let stale = plane
        .change_tenant(&ops(), tenant.id, &change, &as_read, None)
        .await;
    assert!(matches!(stale, Err(ChangeError::Revision(now)) if now == changed.revision));
    let renamed = TenantChange {
        name: Some(name("acme ltd")),
        ..TenantChange::default()
    };
    let renamed = plane
        .change_tenant(&ops(), tenant.id, &renamed, &Revisions::ANY, None)
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
        let refused = plane
            .change_tenant(&ops(), other.id, &change, &Revisions::ANY, None)
            .await;
        assert!(matches!(refused, Err(ChangeError::Taken(what)) if what == taken));
    }
    // 3 of 10 reservable connections are taken; without a limit of its own a tenant may hold 5.
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
            .change_tenant(&ops(), other.id, &change, &Revisions::ANY, Some(10))
            .await;
        assert_eq!(changed.is_ok(), fits, "{reserved} {max:?}: {changed:?}");
    }
}

/// Eight tenants concurrently request four of ten connections each: two get them.
#[tokio::test]
async fn concurrent_reservations_stay_within_the_budget() {
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
        changes.push(async move {
            plane
                .change_tenant(&ops(), id, &change, &Revisions::ANY, Some(10))
                .await
        });
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

/// Change and entry are committed together, and a refused change leaves no entry.
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
        let started = plane
            .transition(&actor, id, transition, &Revisions::ANY)
            .await
            .unwrap();
        started.within(&plane, PATIENCE).await.unwrap();
    }
    assert!(
        plane
            .transition(&actor, id, Transition::Resume, &Revisions::ANY)
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
