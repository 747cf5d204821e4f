//! A cluster of the test's own: what concerns all databases and all roles.

use control_plane::postgres::{Database, MIGRATOR, TENANT_GROUP, harden_database, migrate, open_doors};
use control_plane::{ControlPlane, ControlPlaneSettings};
use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use tenant_registry::{TenantDb, TenantSource as _};
use testkit::{LIMITS, TestServer};

use crate::support::{DENIED, name, one, registry, run, sqlstate};

async fn doors(session: &mut PgConnection) -> Vec<String> {
    open_doors(session, "postgres").await.unwrap()
}

/// The migrator as an operator makes it where there is no superuser to be had: with the two attributes, and no more.
async fn make_migrator(server: &TestServer) {
    let password = server.migrator().password.expose_secret();
    run(
        &mut server.superuser("postgres").await,
        &format!("CREATE ROLE {MIGRATOR} LOGIN CREATEROLE CREATEDB PASSWORD '{password}'"),
    )
    .await
    .unwrap();
}

/// What only a superuser can close is told, everything else is closed, and all of it works.
#[tokio::test]
async fn without_a_superuser_it_works_and_tells_what_stays_open() {
    let server = TestServer::bare().await;
    make_migrator(&server).await;
    let control = migrate(&server.target(Database::Control, "control", false), LIMITS)
        .await
        .unwrap();
    let data = migrate(&server.target(Database::Data, "data", false), LIMITS)
        .await
        .unwrap();
    let again = migrate(&server.target(Database::Data, "data", false), LIMITS)
        .await
        .unwrap();
    assert_eq!(data, again);

    let mut superuser = server.superuser("data").await;
    let major = superuser.server_version_num().unwrap() / 10_000;
    for open in [&control, &data] {
        for door in [
            "PUBLIC has connect on database postgres",
            "PUBLIC has temporary on database postgres",
            "PUBLIC has connect on database template1",
            "PUBLIC may execute pg_advisory_lock(bigint)",
            "PUBLIC may execute lo_create(oid)",
            "PUBLIC may execute pg_logical_emit_message(boolean,text,",
        ] {
            assert!(
                open.iter().any(|open| open.starts_with(door)),
                "{door}: {open:#?}"
            );
        }
        // Before PostgreSQL 15 the schema belongs to the superuser in every database.
        let schema = open.iter().any(|door| door.ends_with("on schema public"));
        assert_eq!(schema, major < 15, "{open:#?}");
        for closed in [
            "database data",
            "database control",
            "functions that",
            "app",
            "tenantry.",
            "provisioner_",
        ] {
            assert!(
                !open.iter().any(|door| door.contains(closed)),
                "{closed}: {open:#?}"
            );
        }
    }

    let plane = ControlPlane::open(settings(&server), testkit::envelope());
    let tenant = plane.create_tenant(name("acme"), None).await.unwrap();
    let db = TenantDb::new(registry(&plane).lease(tenant.id).await.unwrap());
    sqlx::query("INSERT INTO app.users (name) VALUES ('Ada')")
        .execute(&db)
        .await
        .unwrap();

    // What only a superuser can set up is told of the database that tenants enter, and of no other.
    let unguarded = "no guard keeps tenants from trying DDL, whose locks come before the refusal";
    assert!(!control.iter().any(|door| door == unguarded), "{control:#?}");
    assert!(data.iter().any(|door| door == unguarded), "{data:#?}");

    // A superuser who comes later closes the rest.
    for (database, name) in [(Database::Control, "control"), (Database::Data, "data")] {
        let open = migrate(&server.target(database, name, true), LIMITS)
            .await
            .unwrap();
        assert_eq!(open, Vec::<String>::new());
    }
    assert_eq!(
        one::<i64>(&mut superuser, "SELECT count(*) FROM app.users").await,
        1
    );
    plane.close().await;
}

fn settings(server: &TestServer) -> ControlPlaneSettings {
    ControlPlaneSettings {
        control: server.cluster().clone(),
        control_database: "control".parse().unwrap(),
        control_login: server.service().clone(),
        control_connections: 2,
        data: server.cluster().clone(),
        data_database: "data".parse().unwrap(),
        data_login: server.service().clone(),
        max_connections_per_tenant: 2,
        instances: 1,
    }
}

/// Four at once, and nothing there yet: neither roles nor databases. Two of them make the same database.
#[tokio::test]
async fn migrators_that_start_at_once_on_a_fresh_cluster_all_succeed() {
    let server = TestServer::bare().await;
    let target = |database, name| server.target(database, name, true);
    let targets = [
        target(Database::Control, "control"),
        target(Database::Data, "data"),
        target(Database::Data, "data"),
        target(Database::Data, "more_data"),
    ];
    let [control, data, same, more] = &targets;
    let results = tokio::join!(
        migrate(control, LIMITS),
        migrate(data, LIMITS),
        migrate(same, LIMITS),
        migrate(more, LIMITS),
    );
    for result in [results.0, results.1, results.2, results.3] {
        assert_eq!(result.unwrap(), Vec::<String>::new());
    }
}

/// Every tenant has the group's rights, and so may drop what the group owns and holds, in all databases: PostgreSQL
/// accepts it, and leaves what others granted. (Here and not with the other attacks, since it touches the databases of
/// other tests.)
#[tokio::test]
async fn dropping_what_the_group_holds_takes_nothing_away() {
    let server = TestServer::bare().await;
    for (database, name) in [
        (Database::Control, "control"),
        (Database::Data, "data"),
        (Database::Data, "more_data"),
    ] {
        migrate(&server.target(database, name, true), LIMITS)
            .await
            .unwrap();
    }
    let plane = ControlPlane::open(settings(&server), testkit::envelope());
    let tenant = plane.create_tenant(name("acme"), None).await.unwrap().id;
    let held = "SELECT concat_ws(' ',
        (SELECT string_agg(datacl::text, ' ' ORDER BY datname) FROM pg_database),
        (SELECT string_agg(relacl::text, ' ' ORDER BY oid) FROM pg_class WHERE relnamespace = 'app'::regnamespace),
        (SELECT string_agg(attacl::text, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'app.users'::regclass),
        (SELECT string_agg(proacl::text, ' ' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'app'::regnamespace),
        (SELECT string_agg(polroles::text, ' ') FROM pg_policy),
        (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'app'))";
    let mut superuser = server.superuser("data").await;
    let before: String = one(&mut superuser, held).await;
    assert!(before.contains(TENANT_GROUP), "{before}");

    let connect = plane.source().load(tenant).await.unwrap().connect;
    for sql in [
        "DROP OWNED BY tenantry_tenant CASCADE",
        "REVOKE CONNECT ON DATABASE more_data FROM tenantry_tenant",
        "REVOKE ALL ON ALL TABLES IN SCHEMA app FROM tenantry_tenant",
    ] {
        let mut session = connect.connect().await.unwrap();
        if let Err(error) = run(&mut session, sql).await {
            assert_eq!(sqlstate(&error), DENIED, "{sql}: {error}");
        }
        assert_eq!(one::<String>(&mut superuser, held).await, before, "{sql}");
    }
    plane.close().await;
}

/// The databases that every cluster has, and the one that work starts from whatever its name is.
#[tokio::test]
async fn shared_databases_are_closed_by_the_next_migration() {
    let server = TestServer::bare().await;
    run(
        &mut server.superuser("postgres").await,
        "CREATE DATABASE defaultdb",
    )
    .await
    .unwrap();
    let mut target = server.target(Database::Data, "data", true);
    target.cluster.maintenance_database = "defaultdb".to_owned();
    assert_eq!(migrate(&target, LIMITS).await.unwrap(), Vec::<String>::new());

    let mut superuser = server.superuser("data").await;
    for shared in ["postgres", "template1", "defaultdb"] {
        for privilege in ["CONNECT", "TEMPORARY"] {
            run(
                &mut superuser,
                &format!("GRANT {privilege} ON DATABASE {shared} TO PUBLIC"),
            )
            .await
            .unwrap();
            let named = format!("PUBLIC has {} on database {shared}", privilege.to_lowercase());
            assert_eq!(open_doors(&mut superuser, "defaultdb").await.unwrap(), [named]);
            // It is no door of this database's.
            harden_database(&mut superuser, Database::Data).await.unwrap();
            assert_eq!(open_doors(&mut superuser, "defaultdb").await.unwrap().len(), 1);
            migrate(&target, LIMITS).await.unwrap();
            assert_eq!(
                open_doors(&mut superuser, "defaultdb").await.unwrap(),
                Vec::<String>::new()
            );
        }
    }
    assert_eq!(doors(&mut superuser).await, Vec::<String>::new());
}

/// Whoever owns a database can put functions into it that look like PostgreSQL's own. The superuser who hardens it must
/// not run them.
#[tokio::test]
async fn the_superuser_runs_nothing_that_the_migrator_has_planted() {
    let server = TestServer::bare().await;
    let target = server.target(Database::Data, "data", true);
    migrate(&target, LIMITS).await.unwrap();
    // Before PostgreSQL 15 the schema belongs to the superuser in every database, unless somebody has given it away.
    run(
        &mut server.superuser("data").await,
        "ALTER SCHEMA public OWNER TO tenantry_owner",
    )
    .await
    .unwrap();
    let mut migrator = server.connect(server.migrator(), "data").await.unwrap();
    for argument in ["text", "name"] {
        run(
            &mut migrator,
            &format!(
                "SET ROLE tenantry_owner;
                 CREATE FUNCTION public.format(text, {argument}) RETURNS text LANGUAGE plpgsql AS $$
                 BEGIN
                    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
                        ALTER ROLE {MIGRATOR} SUPERUSER;
                    END IF;
                    RETURN pg_catalog.format($1, VARIADIC ARRAY[$2]);
                 END $$"
            ),
        )
        .await
        .unwrap();
    }
    migrate(&target, LIMITS).await.unwrap();
    let superuser: bool = one(
        &mut server.superuser("data").await,
        &format!("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = '{MIGRATOR}'"),
    )
    .await;
    assert!(!superuser, "the migrator has become a superuser");
}
