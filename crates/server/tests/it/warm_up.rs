//! Warm-up: recently active tenants are opened in the background after a restart.

use tenant_registry::TenantId;

use crate::support::{Service, until};

const USERS: &str = "/v1/internal/users";

/// The tenants that the control store was told of.
async fn noted(service: &Service) -> Vec<TenantId> {
    service.control_plane.store().recently_active(10).await.unwrap()
}

#[tokio::test]
async fn a_restart_opens_recently_active_tenants() {
    let warm = ["registry.warm_up=10"];
    let before = Service::with(&warm).await;
    let (acme, globex) = (before.tenant("acme").await, before.tenant("globex").await);
    let unused = before.tenant("initech").await;
    for tenant in [&acme, &globex] {
        before.client(tenant).get(USERS).await.expect(200);
    }
    let cold = before.beside(&[]).await;
    before.stop().await.unwrap();
    let mut active = noted(&cold).await;
    active.sort_unstable();
    assert_eq!(active, [acme.id, globex.id]);

    let after = cold.beside(&warm).await;
    after.operator().get("/readyz").await.expect(200);
    until(async || after.registry.stats().opened == 2).await;
    assert_eq!(
        after.budget.snapshot().logins,
        0,
        "a pool is open, and no connection"
    );
    for tenant in [&acme, &globex] {
        after.client(tenant).get(USERS).await.expect(200);
    }
    assert_eq!(after.registry.stats().opened, 2);
    after.client(&unused).get(USERS).await.expect(200);
    assert_eq!(after.registry.stats().opened, 3);
    assert_eq!(cold.registry.stats().opened, 0, "no pool is warmed up by default");
}

#[tokio::test]
async fn without_warm_up_no_activity_is_recorded() {
    let service = Service::start().await;
    let other = service.beside(&[]).await;
    service
        .client(&service.tenant("acme").await)
        .get(USERS)
        .await
        .expect(200);
    service.stop().await.unwrap();
    assert!(noted(&other).await.is_empty());
}
