//! A session's identity cannot be changed from within, nor for the next session.

use schema::TENANT_GROUP;
use sqlx::Row as _;

use crate::support::{DENIED, TwoTenants, one, role, run, sqlstate};

/// PostgreSQL 14 and 15 let a tenant alter the group that it can become. The group never logs in, so its settings have no
/// effect.
#[tokio::test]
async fn settings_of_the_group_have_no_effect() {
    let fixture = TwoTenants::new().await;
    let set = format!("ALTER ROLE {TENANT_GROUP} SET default_transaction_read_only = on");
    match run(
        &mut fixture.session(fixture.a).await,
        &format!("SET ROLE {TENANT_GROUP}; {set}"),
    )
    .await
    {
        Ok(_) => assert!(fixture.major().await < 16),
        Err(error) => assert_eq!(sqlstate(&error), DENIED, "{error}"),
    }
    let mut superuser = fixture.superuser().await;
    run(&mut superuser, &set).await.unwrap();
    let insert = "INSERT INTO app.users (name) VALUES ('x')";
    let inserted = run(&mut fixture.session(fixture.b).await, insert).await;
    run(&mut superuser, &format!("ALTER ROLE {TENANT_GROUP} RESET ALL"))
        .await
        .unwrap();
    assert_eq!(inserted.unwrap().rows_affected(), 1);
}

/// On PostgreSQL 14 a login may make others members of itself. The member gains nothing.
#[tokio::test]
async fn membership_of_a_login_shows_nothing() {
    let fixture = TwoTenants::new().await;
    let (own, other) = (role(fixture.a), role(fixture.b));
    let mut session = fixture.session(fixture.b).await;
    match run(&mut session, &format!("GRANT {other}_a TO {own}_a")).await {
        Err(error) => assert_eq!(sqlstate(&error), DENIED, "{error}"),
        Ok(_) => assert!(fixture.major().await < 15),
    }
    // Done on all versions, as PostgreSQL 14 allows it.
    let mut superuser = fixture.superuser().await;
    run(&mut superuser, &format!("GRANT {other}_a TO {own}_a"))
        .await
        .unwrap();
    let mut session = fixture.session(fixture.a).await;
    run(&mut session, &format!("SET ROLE {other}_a")).await.unwrap();
    assert_eq!(
        one::<uuid::Uuid>(&mut session, "SELECT app.tid()").await,
        fixture.a.as_uuid()
    );
    assert_eq!(
        one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
        2
    );
}

/// A login can ALTER ROLE itself, and so leave settings for its next session. The service's sessions override them.
#[tokio::test]
async fn settings_of_a_login_do_not_affect_the_service() {
    let fixture = TwoTenants::new().await;
    let (login, group) = (format!("{}_a", role(fixture.a)), TENANT_GROUP);
    let wanted = [
        ("search_path", "pg_catalog"),
        ("role", "none"),
        ("row_security", "on"),
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "15s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ];
    let mut poisoner = fixture.session(fixture.a).await;
    for (setting, value) in [
        ("search_path", "pg_temp, app"),
        ("role", group),
        ("row_security", "off"),
        ("default_transaction_isolation", "serializable"),
        ("statement_timeout", "'1h'"),
        ("lock_timeout", "1"),
        ("idle_in_transaction_session_timeout", "1"),
    ] {
        match run(
            &mut poisoner,
            &format!("ALTER ROLE {login} SET {setting} = {value}"),
        )
        .await
        {
            Ok(_) => {}
            // From PostgreSQL 16 on, SET ROLE to the group is not possible.
            Err(error) => assert!(
                setting == "role" && fixture.major().await >= 16,
                "{setting}: {error}"
            ),
        }
    }

    // The settings apply to a session without start-up options…
    let mut plain = fixture.session(fixture.a).await;
    assert_eq!(
        one::<String>(&mut plain, "SHOW default_transaction_isolation").await,
        "serializable"
    );
    assert_eq!(one::<String>(&mut plain, "SHOW row_security").await, "off");
    // …and not to the service's.
    let db = fixture.db(fixture.a).await;
    for (setting, value) in wanted {
        let row = sqlx::query("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(row.get::<String, _>(0), value, "{setting}");
    }
    sqlx::query("INSERT INTO app.users (name) VALUES ('3')")
        .execute(&db)
        .await
        .unwrap();
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM app.users")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(users, 3);
}
