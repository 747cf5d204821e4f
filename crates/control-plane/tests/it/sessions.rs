//! Reach of a session to other sessions and databases. More is in `tests/attacks`.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgListener, PgPool};
use testkit::in_store;
use tokio::time::timeout;

use crate::support::{TwoTenants, one, role, run, sqlstate};

/// Roles belong to the cluster, so a tenant of one data database may connect to another. It sees nothing there.
#[tokio::test]
async fn another_data_database_shows_nothing() {
    let (fixture, other) = (TwoTenants::new().await, TwoTenants::new().await);
    let before = other.fingerprint().await;
    let mut session = fixture
        .options(fixture.a)
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

/// Every setting that a login can change for itself, at its extremes: the service's next session works all the same.
/// `transaction_timeout` has a start-up option of PostgreSQL 17, and a test of its own.
#[tokio::test]
async fn a_login_cannot_lock_itself_out_with_settings() {
    let fixture = TwoTenants::new().await;
    let mut session = fixture.session(fixture.a).await;
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
    let (mut superuser, mut tried) = (fixture.superuser().await, 0);
    let reset = format!("ALTER ROLE {}_a RESET ALL", role(fixture.a));
    for setting in settings {
        let leave = format!("ALTER ROLE CURRENT_USER SET {setting}");
        if run(&mut session, &leave).await.is_err() {
            continue;
        }
        tried += 1;
        let db = fixture.db(fixture.a).await;
        let mut connection = db
            .acquire()
            .await
            .unwrap_or_else(|error| panic!("{setting}: {error:?}"));
        // The one setting that the service does not override: hosters set it for a database when a disk fills up.
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
        // As a superuser: the tenant may have set what it cannot reset.
        run(&mut superuser, &reset).await.unwrap();
    }
    assert!(tried > 100, "{tried}");
}

/// NOTIFY cannot be revoked, so tenants of one database can send each other messages and the service must not listen
/// there. No message reaches another database, such as the control store.
#[tokio::test]
async fn notifications_stay_within_the_tenants_database() {
    let fixture = TwoTenants::new().await;
    let server = fixture.databases.server();
    let listen = async |options| {
        let mut listener = PgListener::connect_with(&PgPool::connect_lazy_with(options))
            .await
            .unwrap();
        listener.listen("tenant_changed").await.unwrap();
        listener
    };
    let mut neighbour = listen(fixture.options(fixture.b).await).await;
    let store = server
        .cluster()
        .options(server.service(), fixture.databases.control().as_str());
    let mut store = listen(store).await;

    for result in fixture.attack("NOTIFY tenant_changed, 'from a tenant'").await {
        result.unwrap();
    }
    run(
        &mut in_store(&fixture.databases).await,
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
