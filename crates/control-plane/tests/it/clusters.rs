//! Behaviour of a whole cluster: all databases and roles.

use control_plane::{ControlPlane, ControlPlaneSettings};
use schema::{Database, MIGRATOR, TENANT_GROUP, harden_database, hardening_gaps, migrate};
use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use tenant_registry::{TenantDb, TenantSource as _};
use testkit::{LIMITS, TestServer};

use crate::support::{DENIED, name, one, registry, run, sqlstate};

async fn gaps(session: &mut PgConnection) -> Vec<String> {
    hardening_gaps(session, "postgres").await.unwrap()
}

/// Creates the migrator as an operator does without a superuser: with two attributes only.
async fn create_migrator(server: &TestServer) {
    let password = server.migrator().password.expose_secret();
    run(
        &mut server.superuser("postgres").await,
        &format!("CREATE ROLE {MIGRATOR} LOGIN CREATEROLE CREATEDB PASSWORD '{password}'"),
    )
    .await
    .unwrap();
}

/// Gaps that only a superuser can close are reported, everything else is closed, and the service works.
#[tokio::test]
async fn without_a_superuser_gaps_are_reported_and_the_service_works() {
    let server = TestServer::bare().await;
    create_migrator(&server).await;
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
        // Before PostgreSQL 15, the schema public belongs to the superuser.
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

    // The missing guard is reported for the tenants' database only.
    let unguarded = "the event trigger that refuses tenants' DDL before it takes locks is missing";
    assert!(!control.iter().any(|door| door == unguarded), "{control:#?}");
    assert!(data.iter().any(|door| door == unguarded), "{data:#?}");

    // A later migration with a superuser closes the rest.
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
        max_connections_per_tenant: 2,
        instances: 1,
        ..server.control_plane_settings("control".parse().unwrap(), "data".parse().unwrap())
    }
}

/// Four migrators at the same time, without roles and databases; two of them create the same database.
#[tokio::test]
async fn concurrent_migrators_on_a_fresh_cluster_succeed() {
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

/// A tenant has the group's rights, and so may DROP OWNED BY the group in all databases: PostgreSQL accepts it, and keeps
/// what others granted. (Not among the attacks, since it affects other tests' databases.)
#[tokio::test]
async fn drop_owned_by_the_group_revokes_nothing() {
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

/// The databases that every cluster has, and the maintenance database under any name.
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
            assert_eq!(
                hardening_gaps(&mut superuser, "defaultdb").await.unwrap(),
                [named]
            );
            // It is not a gap of this database.
            harden_database(&mut superuser, Database::Data).await.unwrap();
            assert_eq!(
                hardening_gaps(&mut superuser, "defaultdb").await.unwrap().len(),
                1
            );
            migrate(&target, LIMITS).await.unwrap();
            assert_eq!(
                hardening_gaps(&mut superuser, "defaultdb").await.unwrap(),
                Vec::<String>::new()
            );
        }
    }
    assert_eq!(gaps(&mut superuser).await, Vec::<String>::new());
}

/// The owner of a database can create functions that shadow PostgreSQL's own. The superuser who hardens it must not run
/// them.
#[tokio::test]
async fn the_superuser_does_not_run_functions_of_the_migrator() {
    let server = TestServer::bare().await;
    let target = server.target(Database::Data, "data", true);
    migrate(&target, LIMITS).await.unwrap();
    // Before PostgreSQL 15, the schema public belongs to the superuser, unless it was given away.
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
