//! Creation of tenants.

use control_plane::{
    Actor, ChangeError, CreateError, ExternalId, NewTenant, Revisions, Taken, TenantChange, TenantState,
};
use sqlx::Row as _;
use tenant_registry::TenantDb;
use testkit::{Databases, in_store};

use crate::support::{name, registry, run};

#[tokio::test]
async fn a_created_tenant_is_active_and_can_log_in_as_itself() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let tenant = plane.create_tenant(name("acme"), None).await.unwrap();
    assert_eq!(tenant.state, TenantState::Active);
    assert_eq!(plane.tenant(tenant.id).await.unwrap().as_ref(), Some(&tenant));

    let db = TenantDb::new(registry(&plane).lease(tenant.id).await.unwrap());
    let row = sqlx::query("SELECT session_user::text, app.tid()")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(
        row.get::<String, _>(0),
        format!("tn_{}_a", tenant.id.as_uuid().simple())
    );
    assert_eq!(row.get::<uuid::Uuid, _>(1), tenant.id.as_uuid());
}

#[tokio::test]
async fn ids_and_names_are_unique() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let first = plane.create_tenant(name("acme"), None).await.unwrap();
    for (name, id, taken) in [
        (name("acme"), None, Taken::Name),
        (name("acme"), Some(first.id), Taken::Id),
        (name("other"), Some(first.id), Taken::Id),
    ] {
        match plane.create_tenant(name, id).await {
            Err(CreateError::Exists(what)) => assert_eq!(what, taken),
            other => panic!("{other:?}"),
        }
    }
}

/// An older version stored names in whatever form they came.
#[tokio::test]
async fn a_name_that_looks_like_an_older_one_is_taken() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let ops = Actor::service("ops");
    let older = plane.create_tenant(name("acme"), None).await.unwrap();
    let other = plane.create_tenant(name("globex"), None).await.unwrap();
    let mut superuser = in_store(&databases).await;
    let decomposed = format!(
        "UPDATE control.tenants SET name = U&'Zoe\\0308' WHERE id = '{}'",
        older.id
    );
    run(&mut superuser, &decomposed).await.unwrap();

    let new = NewTenant {
        external_id: Some(ExternalId::new("crm-1").unwrap()),
        ..NewTenant::named(name("Zo\u{eb}"))
    };
    for new in [new, NewTenant::named(name("Zoe\u{308}"))] {
        let refused = plane.begin_creation(&ops, &new, None).await;
        assert!(
            matches!(refused, Err(CreateError::Exists(Taken::Name))),
            "{refused:?}"
        );
    }
    let rename = TenantChange {
        name: Some(name("Zo\u{eb}")),
        ..TenantChange::default()
    };
    let refused = plane
        .change_tenant(&ops, other.id, &rename, &Revisions::ANY, None)
        .await;
    assert!(
        matches!(refused, Err(ChangeError::Taken(Taken::Name))),
        "{refused:?}"
    );
    // The older tenant itself gets the form of new names.
    let renamed = plane
        .change_tenant(&ops, older.id, &rename, &Revisions::ANY, None)
        .await
        .unwrap();
    assert_eq!(renamed.name.as_str(), "Zo\u{eb}");
}
