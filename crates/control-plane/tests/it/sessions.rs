//! Other sessions, other databases, other schemas.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::time::timeout;

use crate::support::{DENIED, World, in_store, one, provisioner, run, sqlstate};

#[tokio::test]
async fn what_others_run_is_not_to_be_read() {
    let world = World::new().await;
    let mut victim = world.session(world.b).await;
    let pid: i32 = one(&mut victim, "SELECT pg_backend_pid() /* secret */").await;
    let look =
        format!("SELECT query, client_addr::text, application_name FROM pg_stat_activity WHERE pid = {pid}");

    // The text is there to be read…
    let mut superuser = world.superuser().await;
    assert!(one::<String>(&mut superuser, &look).await.contains("secret"));
    // …by who may.
    for answer in world.ask(&look).await {
        assert_eq!(answer.as_deref(), Some("<insufficient privilege>"));
    }
    let row = sqlx::query(sqlx::AssertSqlSafe(look))
        .fetch_one(&mut world.session(world.a).await)
        .await
        .unwrap();
    assert_eq!(row.get::<Option<String>, _>(1), None);
}

#[tokio::test]
async fn sessions_of_others_cannot_be_ended() {
    let world = World::new().await;
    let mut victims = vec![
        world.session(world.b).await,
        world.superuser().await,
        service(&world).await,
    ];
    for victim in &mut victims {
        let pid: i32 = one(victim, "SELECT pg_backend_pid()").await;
        for function in ["pg_cancel_backend", "pg_terminate_backend"] {
            world.refused(&format!("SELECT {function}({pid})"), DENIED).await;
        }
        assert_eq!(one::<i32>(victim, "SELECT pg_backend_pid()").await, pid);
    }
}

async fn service(world: &World) -> sqlx::postgres::PgConnection {
    let server = world.databases.server();
    server
        .connect(server.service(), world.databases.data().as_str())
        .await
        .unwrap()
}

#[tokio::test]
async fn databases_of_others_cannot_be_entered() {
    let world = World::new().await;
    let options = world.options(world.a).await;
    for database in [
        world.databases.control().as_str(),
        "postgres",
        "template1",
        "template_control",
    ] {
        match options.clone().database(database).connect().await {
            Ok(_) => panic!("{database} is open"),
            Err(error) => assert_eq!(sqlstate(&error), DENIED, "{database}: {error}"),
        }
    }
}

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

#[tokio::test]
async fn what_is_not_the_tenants_cannot_be_entered() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let b = world.b;
    for sql in [
        "SELECT * FROM tenantry.migrations".to_owned(),
        "INSERT INTO tenantry.migrations VALUES (9, 'x', now(), true, '', 1)".to_owned(),
        format!("SELECT {}.create_tenant('{b}', 'x')", provisioner(b)),
        "SELECT tenantry.isolate('app.users')".to_owned(),
    ] {
        world.refused(&sql, DENIED).await;
    }
    let entered = "SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace
        WHERE has_schema_privilege(oid, 'USAGE') AND nspname NOT IN ('pg_catalog', 'information_schema')";
    assert_eq!(
        one::<String>(&mut world.session(world.a).await, entered).await,
        "app"
    );
    assert_eq!(world.fingerprint().await, before);
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
