//! What reaches another session or another database, and what does not. More of it is in `tests/attacks`.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::timeout;

use crate::support::{World, in_store, one, run};

/// Roles belong to the cluster, so a tenant of one data database may enter another's. It has nothing to see there.
#[tokio::test]
async fn another_data_database_shows_nothing() {
    let (world, other) = (World::new().await, World::new().await);
    let before = other.fingerprint().await;
    let mut session = world
        .options(world.a)
        .await
        .database(other.databases.data().as_str())
        .connect()
        .await
        .unwrap();
    assert_eq!(
        one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
        0
    );
    let delete = format!("SELECT app.delete_user('{}')", other.user_of_b);
    assert!(!one::<bool>(&mut session, &delete).await);
    assert_eq!(other.fingerprint().await, before);
}

/// NOTIFY cannot be taken from anybody, so tenants of one database can send each other messages and the service must
/// never listen there. No message reaches another database, such as the control store.
#[tokio::test]
async fn notifications_stay_within_the_tenants_database() {
    let world = World::new().await;
    let server = world.databases.server();
    let listen = async |options| {
        let mut listener = PgListener::connect_with(&PgPool::connect_lazy_with(options))
            .await
            .unwrap();
        listener.listen("tenant_changed").await.unwrap();
        listener
    };
    let mut neighbour = listen(world.options(world.b).await).await;
    let store = server
        .cluster()
        .options(server.service(), world.databases.control().as_str());
    let mut store = listen(store).await;

    for result in world.attack("NOTIFY tenant_changed, 'from a tenant'").await {
        result.unwrap();
    }
    run(
        &mut in_store(&world.databases).await,
        "NOTIFY tenant_changed, 'ours'",
    )
    .await
    .unwrap();
    for (listener, first) in [(&mut neighbour, "from a tenant"), (&mut store, "ours")] {
        let message = timeout(Duration::from_secs(30), listener.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(message.payload(), first);
    }
}
