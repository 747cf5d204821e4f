//! What reaches another session or another database, and what does not. More of it is in `tests/attacks`.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::timeout;

use crate::support::{World, in_store, one, role, run, sqlstate};

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

/// Every setting that a login can leave for itself, at its extremes: the next session of the service's works like the one
/// before. `transaction_timeout` has a start-up option that only a server of 17 knows, and a test of its own.
#[tokio::test]
async fn no_setting_of_its_own_locks_a_tenant_out() {
    let world = World::new().await;
    let mut session = world.session(world.a).await;
    let settings: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I = %L', name, value) FROM pg_settings, unnest(CASE vartype
            WHEN 'bool' THEN ARRAY['on', 'off']
            WHEN 'enum' THEN enumvals
            WHEN 'string' THEN ARRAY['', 'nonsense', 'a, b', '$libdir/none']
            ELSE ARRAY['1', max_val]
        END) AS value
        WHERE name <> 'transaction_timeout'",
    )
    .fetch_all(&mut session)
    .await
    .unwrap();
    let (mut superuser, mut tried) = (world.superuser().await, 0);
    let reset = format!("ALTER ROLE {}_a RESET ALL", role(world.a));
    for setting in settings {
        let leave = format!("ALTER ROLE CURRENT_USER SET {setting}");
        if run(&mut session, &leave).await.is_err() {
            continue;
        }
        tried += 1;
        let db = world.db(world.a).await;
        let mut connection = db
            .acquire()
            .await
            .unwrap_or_else(|error| panic!("{setting}: {error:?}"));
        // The one that the service leaves as it is: hosters set it for a whole database when a disk fills.
        let read_only = setting == "default_transaction_read_only = 'on'";
        let insert = if read_only { "25006" } else { "23514" };
        for (statement, code) in [
            ("INSERT INTO app.users (name) VALUES ('')", Some(insert)),
            ("SELECT pg_sleep(0.01)", None),
            ("SELECT name FROM app.users WHERE name <> 'a\\'", None),
        ] {
            let outcome = sqlx::raw_sql(statement).execute(&mut connection).await;
            let failed = outcome.err().map(|error| sqlstate(&error));
            assert_eq!(failed.as_deref(), code, "{setting}: {statement}");
        }
        let bytes: String = sqlx::query_scalar("SELECT '\\x00'::bytea::text")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(bytes, "\\x00", "{setting}");
        // As a tenant may not, where it has set what cannot be reset.
        run(&mut superuser, &reset).await.unwrap();
    }
    assert!(tried > 100, "{tried}");
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
