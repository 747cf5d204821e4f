//! A tenant creates nothing, alters nothing, and locks nobody out.

use sqlx::AssertSqlSafe;

use crate::support::{DENIED, World, one, run, sqlstate};

/// Nothing of its own means no function that leaks, no table that shadows, no trigger that waits for another.
#[tokio::test]
async fn nothing_can_be_created_anywhere() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let mut session = world.session(world.a).await;
    for schema in [
        "app",
        "public",
        "tenantry",
        "provisioner_00",
        "pg_temp",
        "pg_catalog",
    ] {
        for object in [
            "TABLE {}.x ()",
            "TABLE {}.x AS SELECT 1",
            "VIEW {}.x AS SELECT 1",
            "MATERIALIZED VIEW {}.x AS SELECT 1",
            "SEQUENCE {}.x",
            "FUNCTION {}.x() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "PROCEDURE {}.x() LANGUAGE sql AS 'SELECT 1'",
            "AGGREGATE {}.x (integer) (SFUNC = int4pl, STYPE = integer)",
            "OPERATOR {}.<<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer)",
            "TYPE {}.x AS (y integer)",
            "DOMAIN {}.x AS integer",
            "COLLATION {}.x FROM \"C\"",
        ] {
            let sql = format!("CREATE {}", object.replace("{}", schema));
            let error = run(&mut session, &sql).await.unwrap_err();
            assert_eq!(sqlstate(&error), DENIED, "{sql}: {error}");
        }
    }
    for sql in [
        "CREATE SCHEMA x",
        "CREATE DATABASE x",
        "DROP EXTENSION plpgsql",
        "CREATE TRIGGER x BEFORE INSERT ON app.users EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE x AS ON SELECT TO app.users DO INSTEAD NOTHING",
        "CREATE POLICY x ON app.users USING (true)",
        "CREATE INDEX ON app.users ((1 / length(name)))",
        "CREATE STATISTICS app.x ON name, confirmed FROM app.users",
        "CREATE PUBLICATION x FOR ALL TABLES",
        "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION y",
        "CREATE FOREIGN DATA WRAPPER x",
        "CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION y()",
        "CREATE CAST (text AS integer) WITH INOUT",
        "CREATE LANGUAGE x HANDLER plpgsql_call_handler",
    ] {
        world.refused(sql, DENIED).await;
    }
    assert_eq!(world.fingerprint().await, before);

    // The same as data, for schemas that are not thought of here.
    let creatable = "SELECT coalesce(string_agg(nspname, ','), '') FROM pg_namespace
        WHERE has_schema_privilege(oid, 'CREATE')";
    assert_eq!(one::<String>(&mut session, creatable).await, "");
    let database = "SELECT has_database_privilege(current_database(), 'CREATE')
        OR has_database_privilege(current_database(), 'TEMPORARY')";
    assert!(!one::<bool>(&mut session, database).await);
}

#[tokio::test]
async fn nothing_of_ours_can_be_altered() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    for sql in [
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE app.users ADD COLUMN x text",
        "ALTER TABLE app.users OWNER TO CURRENT_USER",
        "ALTER TABLE app.users ALTER tenant_id SET DEFAULT gen_random_uuid()",
        "ALTER POLICY tenant_isolation ON app.users USING (true)",
        "DROP POLICY tenant_isolation ON app.users",
        "DROP TABLE app.users",
        "DROP FUNCTION app.tid() CASCADE",
        "ALTER FUNCTION app.tid() SECURITY DEFINER",
        "ALTER FUNCTION app.delete_user(uuid) RESET search_path",
        "DROP SCHEMA app CASCADE",
        "COMMENT ON TABLE app.users IS 'x'",
        "REINDEX TABLE app.users",
        "CLUSTER app.users USING users_name_idx",
        "SELECT tenantry.isolate('app.users')",
        "UPDATE pg_catalog.pg_class SET relrowsecurity = false",
        "DELETE FROM pg_catalog.pg_policy",
        "SET session_replication_role = replica",
    ] {
        world.refused(sql, DENIED).await;
    }
    assert_eq!(world.fingerprint().await, before);
}

/// A table-level UPDATE or DELETE grant would let one tenant lock out all others.
#[tokio::test]
async fn no_lock_stands_in_anothers_way() {
    let world = World::new().await;
    for mode in [
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE",
        "SHARE ROW EXCLUSIVE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    ] {
        for table in ["app.users", "pg_catalog.pg_class", "pg_catalog.pg_authid"] {
            world
                .refused(&format!("BEGIN; LOCK TABLE {table} IN {mode} MODE"), DENIED)
                .await;
        }
    }

    // What a SELECT takes is open, and lets all others work.
    let mut session = world.session(world.a).await;
    run(
        &mut session,
        "BEGIN; LOCK TABLE app.users IN ACCESS SHARE MODE; UPDATE app.users SET name = 'x'",
    )
    .await
    .unwrap();
    let sql = "SET lock_timeout = '10s'; INSERT INTO app.users (name) VALUES ('4'); UPDATE app.users SET name = 'y'";
    run(&mut world.session(world.b).await, sql).await.unwrap();
}

/// Session-wide locks reach across tenants, large objects know no row level security, a logical message goes to
/// whoever reads the stream of changes, and `currtid2` follows rows past every policy.
#[tokio::test]
async fn functions_that_reach_across_tenants_are_closed() {
    let world = World::new().await;
    for sql in [
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_advisory_xact_lock(1, 2)",
        "SELECT pg_try_advisory_lock_shared(1)",
        "SELECT pg_advisory_unlock_all()",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_get(1)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_logical_emit_message(false, 'x', 'y')",
        "SELECT currtid2('app.users', '(0,1)')",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_reload_conf()",
        "SELECT pg_stat_reset()",
        "SELECT pg_switch_wal()",
        "SELECT rolpassword FROM pg_catalog.pg_authid",
        "SELECT * FROM pg_catalog.pg_largeobject",
        "SELECT * FROM pg_catalog.pg_statistic",
        "SELECT * FROM pg_catalog.pg_hba_file_rules",
    ] {
        world.refused(sql, DENIED).await;
    }
    let open: Vec<String> = sqlx::query_scalar(AssertSqlSafe(
        "SELECT oid::regprocedure::text FROM pg_catalog.pg_proc
         WHERE (proname ~ '(advisory|^lo_)' OR proname IN ('loread', 'lowrite', 'pg_logical_emit_message'))
            AND has_function_privilege(oid, 'EXECUTE')",
    ))
    .fetch_all(&mut world.session(world.a).await)
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new());
}
