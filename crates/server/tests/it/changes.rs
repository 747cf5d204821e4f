//! Changes of tenants, made by SQL in the control store, reach every instance.

use control_plane::Tenant;
use sqlx::Connection as _;

use crate::support::{Client, Locked, Service, soon};

const USERS: &str = "/v1/internal/users";

const SUSPEND: &str = "UPDATE control.tenants SET state = 'suspended', version = version + 1 WHERE id = $1";
/// The change is counted also for who forgets it.
const RESUME: &str = "UPDATE control.tenants SET state = 'active' WHERE id = $1";

/// As an operator does it.
async fn change(service: &Service, tenant: &Tenant, sql: &'static str) {
    let server = service.databases.server();
    let mut superuser = server.superuser(service.databases.control().as_str()).await;
    sqlx::query(sql)
        .bind(tenant.id.as_uuid())
        .execute(&mut superuser)
        .await
        .unwrap();
    superuser.close().await.unwrap();
}

async fn soon_suspended(client: &Client) {
    // A user that cannot be: 404 without a query, so that no lock holds up the question.
    let answer = soon(client, &format!("{USERS}/not-a-uuid"), 403).await;
    answer.refused(403, "TENANT_SUSPENDED");
}

/// Two instances over the same databases, that both serve the tenant.
async fn two(overrides: &[&str]) -> (Service, Service, Tenant) {
    let overrides = [
        overrides,
        &["registry.lock_timeout=1m", "registry.statement_timeout=1m"],
    ]
    .concat();
    let here = Service::with(&overrides).await;
    let there = here.beside(&overrides).await;
    let acme = here.tenant("acme").await;
    for service in [&here, &there] {
        service.client(&acme).get(USERS).await.expect(200);
    }
    (here, there, acme)
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_everywhere_and_what_runs_is_ended() {
    let (here, there, acme) = two(&[]).await;
    let globex = here.tenant("globex").await;
    let (near, far) = (here.client(&acme), there.client(&acme));
    let mut locked = Locked::users(&here).await;
    let under_way = {
        let far = far.clone();
        tokio::spawn(async move { far.get(USERS).await })
    };
    locked.hold(&acme, 1).await;

    change(&here, &acme, SUSPEND).await;
    tokio::join!(soon_suspended(&near), soon_suspended(&far));
    // The lock stays: nothing but its end brings this answer.
    under_way.await.unwrap().refused(504, "CONNECTION_LOST");
    locked.hold(&acme, 0).await;
    locked.release().await;
    here.client(&globex).get(USERS).await.expect(200);

    change(&here, &acme, RESUME).await;
    tokio::join!(soon(&near, USERS, 200), soon(&far, USERS, 200));
}

#[tokio::test]
async fn running_requests_of_a_suspended_tenant_finish_if_configured() {
    let (here, there, acme) = two(&["registry.on_refused=finish"]).await;
    let (near, far) = (here.client(&acme), there.client(&acme));
    let mut locked = Locked::users(&here).await;
    let under_way = {
        let far = far.clone();
        tokio::spawn(async move { far.get(USERS).await })
    };
    locked.hold(&acme, 1).await;

    change(&here, &acme, SUSPEND).await;
    tokio::join!(soon_suspended(&near), soon_suspended(&far));
    locked.release().await;
    under_way.await.unwrap().expect(200);
    near.get(USERS).await.refused(403, "TENANT_SUSPENDED");
}
