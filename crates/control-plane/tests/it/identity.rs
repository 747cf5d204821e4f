//! Who a session is cannot be changed from within, nor for the next session.

use control_plane::postgres::{MIGRATOR, OWNER, SERVICE, TENANT_GROUP};
use sqlx::Row as _;

use crate::support::{DENIED, World, one, role, run, sqlstate};

#[tokio::test]
async fn a_tenant_becomes_nobody_else() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let (own, other) = (role(world.a), role(world.b));
    for role in [
        format!("{own}_b"),
        other.clone(),
        format!("{other}_a"),
        OWNER.to_owned(),
        SERVICE.to_owned(),
        MIGRATOR.to_owned(),
        "tenantry_provisioner_00".to_owned(),
        "postgres".to_owned(),
        "pg_read_all_data".to_owned(),
        "pg_database_owner".to_owned(),
    ] {
        world.refused(&format!("SET ROLE {role}"), DENIED).await;
        world
            .refused(&format!("SET SESSION AUTHORIZATION {role}"), DENIED)
            .await;
        world
            .refused(&format!("SELECT set_config('role', '{role}', false)"), DENIED)
            .await;
    }
    assert_eq!(world.fingerprint().await, before);
}

/// PostgreSQL 14 and 15 let a member become the group, later ones are told not to. The identity stays either way.
#[tokio::test]
async fn set_role_does_not_move_the_identity() {
    let world = World::new().await;
    let own = role(world.a);
    for role in [
        own.clone(),
        TENANT_GROUP.to_owned(),
        format!("{own}_a"),
        "NONE".to_owned(),
    ] {
        let mut session = world.session(world.a).await;
        match run(&mut session, &format!("SET ROLE {role}")).await {
            Ok(_) => assert_eq!(
                one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
                2
            ),
            Err(error) => assert!(
                sqlstate(&error) == DENIED && world.major().await >= 16,
                "{role}: {error}"
            ),
        }
        assert_eq!(
            one::<uuid::Uuid>(&mut session, "SELECT app.tid()").await,
            world.a.as_uuid()
        );
    }
}

#[tokio::test]
async fn row_security_off_is_an_error_and_no_leak() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let user = world.user_of_b;
    for sql in [
        "SELECT * FROM app.users".to_owned(),
        "UPDATE app.users SET name = 'hit'".to_owned(),
        format!("SELECT app.delete_user('{user}')"),
    ] {
        world
            .refused(&format!("SET row_security = off; {sql}"), DENIED)
            .await;
    }
    assert_eq!(world.fingerprint().await, before);
}

/// The functions of ours run with the owner's rights, and find what they name whatever the caller's path says.
#[tokio::test]
async fn no_search_path_shadows_what_our_functions_name() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    for sql in [
        "CREATE FUNCTION pg_temp.tid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE TEMPORARY TABLE users (tenant_id uuid, id uuid)",
        "CREATE TEMPORARY VIEW users AS SELECT 1",
        "CREATE OPERATOR pg_temp.= (FUNCTION = uuid_eq, LEFTARG = uuid, RIGHTARG = uuid)",
        "CREATE FUNCTION app.tid(integer) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE OR REPLACE FUNCTION app.tid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    ] {
        world.refused(sql, DENIED).await;
    }
    for path in [
        "",
        "pg_temp",
        "app",
        "pg_temp, app, public, pg_catalog",
        "tenantry",
    ] {
        let mut session = world.session(world.a).await;
        run(
            &mut session,
            &format!("SELECT set_config('search_path', '{path}', false)"),
        )
        .await
        .unwrap();
        let delete = format!("SELECT app.delete_user('{}')", world.user_of_b);
        assert!(!one::<bool>(&mut session, &delete).await, "{path}");
        assert_eq!(
            one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
            2,
            "{path}"
        );
    }
    assert_eq!(world.fingerprint().await, before);
}

/// PostgreSQL 14 and 15 let a tenant alter the group that it can become. The group never logs in, so its settings reach
/// nobody.
#[tokio::test]
async fn settings_of_the_group_reach_nobody() {
    let world = World::new().await;
    let set = format!("ALTER ROLE {TENANT_GROUP} SET default_transaction_read_only = on");
    match run(
        &mut world.session(world.a).await,
        &format!("SET ROLE {TENANT_GROUP}; {set}"),
    )
    .await
    {
        Ok(_) => assert!(world.major().await < 16),
        Err(error) => assert_eq!(sqlstate(&error), DENIED, "{error}"),
    }
    let mut superuser = world.superuser().await;
    run(&mut superuser, &set).await.unwrap();
    let insert = "INSERT INTO app.users (name) VALUES ('x')";
    let inserted = run(&mut world.session(world.b).await, insert).await;
    run(&mut superuser, &format!("ALTER ROLE {TENANT_GROUP} RESET ALL"))
        .await
        .unwrap();
    assert_eq!(inserted.unwrap().rows_affected(), 1);
}

/// A tenant may hand out nothing and take nothing away, least of all from the group that holds all grants.
#[tokio::test]
async fn rights_cannot_be_given_or_taken() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let (own, other) = (role(world.a), role(world.b));
    for sql in [
        format!("GRANT {TENANT_GROUP} TO {own}_a WITH ADMIN OPTION"),
        format!("GRANT {other} TO {own}_a"),
        format!("GRANT {OWNER} TO {own}_a"),
        format!("REVOKE {TENANT_GROUP} FROM {other}"),
        format!("REVOKE {TENANT_GROUP} FROM {own}"),
        format!("ALTER ROLE {other}_a PASSWORD 'x'"),
        format!("ALTER ROLE {other}_a SET search_path = pg_temp"),
        format!("ALTER ROLE {own}_b PASSWORD 'x'"),
        format!("ALTER ROLE {own}_a BYPASSRLS"),
        format!("ALTER ROLE {own}_a CREATEROLE"),
        "ALTER ROLE ALL SET row_security = off".to_owned(),
        "CREATE ROLE intruder".to_owned(),
        format!("DROP ROLE {other}_a"),
        format!("DROP OWNED BY {other}_a"),
        format!("DROP OWNED BY {OWNER}"),
        format!("REASSIGN OWNED BY {OWNER} TO {own}_a"),
        format!("ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT ALL ON TABLES TO {own}_a"),
        "ALTER SYSTEM SET row_security = off".to_owned(),
    ] {
        world.refused(&sql, DENIED).await;
    }
    world
        .refused(&format!("ALTER ROLE {own}_a RENAME TO {other}_c"), "0A000")
        .await;
    // PostgreSQL accepts these, with warnings, and they do nothing.
    for sql in [
        format!("GRANT SELECT ON app.users TO {other}_a"),
        "GRANT ALL ON app.users TO PUBLIC".to_owned(),
        format!("REVOKE ALL ON app.users FROM {TENANT_GROUP}"),
        format!("REVOKE EXECUTE ON FUNCTION app.tid() FROM {TENANT_GROUP}"),
        format!("REVOKE USAGE ON SCHEMA app FROM {TENANT_GROUP}"),
        "DROP OWNED BY CURRENT_USER".to_owned(),
    ] {
        for result in world.attack(&sql).await {
            match result {
                Ok(_) => {}
                Err(error) => assert_eq!(sqlstate(&error), DENIED, "{sql}: {error}"),
            }
        }
    }
    assert_eq!(world.fingerprint().await, before);
    let count = "SELECT count(*) FROM app.users";
    assert_eq!(one::<i64>(&mut world.session(world.b).await, count).await, 3);
}

/// On PostgreSQL 14 a login may make others members of itself. Whoever accepts that gains nothing.
#[tokio::test]
async fn a_login_that_is_handed_over_shows_nothing() {
    let world = World::new().await;
    let (own, other) = (role(world.a), role(world.b));
    let mut session = world.session(world.b).await;
    match run(&mut session, &format!("GRANT {other}_a TO {own}_a")).await {
        Err(error) => assert_eq!(sqlstate(&error), DENIED, "{error}"),
        Ok(_) => assert!(world.major().await < 15),
    }
    // What PostgreSQL 14 allows, done on all of them.
    let mut superuser = world.superuser().await;
    run(&mut superuser, &format!("GRANT {other}_a TO {own}_a"))
        .await
        .unwrap();
    let mut session = world.session(world.a).await;
    run(&mut session, &format!("SET ROLE {other}_a")).await.unwrap();
    assert_eq!(
        one::<uuid::Uuid>(&mut session, "SELECT app.tid()").await,
        world.a.as_uuid()
    );
    assert_eq!(
        one::<i64>(&mut session, "SELECT count(*) FROM app.users").await,
        2
    );
}

/// A login can ALTER ROLE itself, and so leave settings for its next session. The service's sessions do not heed them.
#[tokio::test]
async fn settings_left_on_a_login_do_not_reach_the_service() {
    let world = World::new().await;
    let (login, group) = (format!("{}_a", role(world.a)), TENANT_GROUP);
    let wanted = [
        ("search_path", "pg_catalog"),
        ("role", "none"),
        ("row_security", "on"),
        ("default_transaction_read_only", "off"),
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "15s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ];
    let mut poisoner = world.session(world.a).await;
    for (setting, value) in [
        ("search_path", "pg_temp, app"),
        ("role", group),
        ("row_security", "off"),
        ("default_transaction_read_only", "on"),
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
            // From PostgreSQL 16 the group cannot be set.
            Err(error) => assert!(
                setting == "role" && world.major().await >= 16,
                "{setting}: {error}"
            ),
        }
    }

    // The poison works on a session without start-up options…
    let mut plain = world.session(world.a).await;
    assert_eq!(
        one::<String>(&mut plain, "SHOW default_transaction_read_only").await,
        "on"
    );
    assert_eq!(one::<String>(&mut plain, "SHOW row_security").await, "off");
    // …and not on the service's.
    let db = world.db(world.a).await;
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
