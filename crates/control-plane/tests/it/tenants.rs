//! Creation of tenants.

use control_plane::{CreateError, Taken, TenantState};
use sqlx::Row as _;
use tenant_registry::TenantDb;
use testkit::Databases;

use crate::support::{name, registry};

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
