//! `tenantry.isolate`, repeated on an isolated table.

use sqlx::postgres::PgConnection;

use crate::support::{TwoTenants, one, run};

/// Row level security, policies and statistics of a table and its dependents. A recreated policy has another oid.
async fn state(session: &mut PgConnection, table: &str) -> String {
    one(
        session,
        &format!(
            "WITH RECURSIVE tables (oid) AS (
                SELECT '{table}'::regclass::oid
                UNION
                SELECT inhrelid FROM tables JOIN pg_inherits ON inhparent = tables.oid
            )
            SELECT concat_ws(E'\n',
                (SELECT concat(relrowsecurity, relforcerowsecurity) FROM pg_class WHERE oid = '{table}'::regclass),
                (SELECT string_agg(concat_ws(' ', oid, polname, polroles, polcmd, polpermissive,
                    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), E'\n')
                 FROM pg_policy WHERE polrelid = '{table}'::regclass),
                (SELECT string_agg(format('%s.%s has statistics', attrelid::regclass, attname), E'\n' ORDER BY attname)
                 FROM pg_attribute
                 WHERE attstattarget IS DISTINCT FROM 0 AND NOT attisdropped AND attnum > 0
                    AND (attrelid IN (SELECT oid FROM tables) OR attrelid IN (
                        SELECT indexrelid FROM tables JOIN pg_index ON indrelid = tables.oid
                        WHERE indkey[attnum - 1] = 0
                    ))))"
        ),
    )
    .await
}

async fn owner(fixture: &TwoTenants) -> PgConnection {
    let server = fixture.databases.server();
    let data = fixture.databases.data().as_str();
    let mut migrator = server.connect(server.migrator(), data).await.unwrap();
    run(&mut migrator, "SET ROLE tenantry_owner").await.unwrap();
    migrator
}

#[tokio::test]
async fn a_repetition_changes_nothing_and_does_not_wait_for_readers_or_writers() {
    let fixture = TwoTenants::new().await;
    let mut owner = owner(&fixture).await;
    let before = state(&mut owner, "app.users").await;
    let mut tenant = fixture.session(fixture.a).await;
    run(&mut tenant, "BEGIN; UPDATE app.users SET name = name")
        .await
        .unwrap();
    run(
        &mut owner,
        "SET lock_timeout = '1s'; SELECT tenantry.isolate('app.users')",
    )
    .await
    .unwrap();
    assert_eq!(state(&mut owner, "app.users").await, before);
    // Disabling statistics of a new column does not wait either.
    run(&mut tenant, "COMMIT").await.unwrap();
    run(&mut owner, "ALTER TABLE app.users ADD COLUMN fixture_column text")
        .await
        .unwrap();
    run(&mut tenant, "BEGIN; UPDATE app.users SET name = name")
        .await
        .unwrap();
    run(&mut owner, "SELECT tenantry.isolate('app.users')")
        .await
        .unwrap();
    assert_eq!(state(&mut owner, "app.users").await, before);
    run(&mut tenant, "COMMIT").await.unwrap();
}

#[tokio::test]
async fn additions_are_isolated() {
    let fixture = TwoTenants::new().await;
    let mut owner = owner(&fixture).await;
    run(
        &mut owner,
        "CREATE TABLE app.fixture_parts (
             tenant_id uuid NOT NULL DEFAULT app.tid(), id uuid NOT NULL DEFAULT gen_random_uuid(), at date NOT NULL
         ) PARTITION BY RANGE (at);
         CREATE TABLE app.fixture_part_1 PARTITION OF app.fixture_parts FOR VALUES FROM ('2000-01-01') TO ('2001-01-01');
         SELECT tenantry.isolate('app.fixture_parts')",
    )
    .await
    .unwrap();
    let isolated = state(&mut owner, "app.fixture_parts").await;
    assert!(!isolated.contains("has statistics"), "{isolated}");
    run(
        &mut owner,
        "ALTER TABLE app.fixture_parts ADD COLUMN note text;
         CREATE TABLE app.fixture_part_2 PARTITION OF app.fixture_parts FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
         CREATE INDEX fixture_parts_note_idx ON app.fixture_parts (tenant_id, lower(note))",
    )
    .await
    .unwrap();
    let open = state(&mut owner, "app.fixture_parts").await;
    for column in [
        "app.fixture_parts.note",
        "app.fixture_part_1.note",
        "app.fixture_part_2.note",
        "app.fixture_part_2.tenant_id",
        "app.fixture_parts_note_idx.lower",
        "app.fixture_part_2_tenant_id_lower_idx.lower",
    ] {
        assert!(
            open.contains(&format!("{column} has statistics")),
            "{column}: {open}"
        );
    }
    run(&mut owner, "SELECT tenantry.isolate('app.fixture_parts')")
        .await
        .unwrap();
    assert_eq!(state(&mut owner, "app.fixture_parts").await, isolated);
}

#[tokio::test]
async fn changes_are_reverted() {
    let fixture = TwoTenants::new().await;
    let mut owner = owner(&fixture).await;
    let oid = |state: &str| {
        state
            .lines()
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    let before = state(&mut owner, "app.users").await;
    for undone in [
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_isolation ON app.users",
        "ALTER POLICY tenant_isolation ON app.users USING (true)",
        "ALTER POLICY tenant_isolation ON app.users WITH CHECK (true)",
        "ALTER POLICY tenant_isolation ON app.users TO tenantry_tenant",
        "DROP POLICY tenant_isolation ON app.users;
         CREATE POLICY tenant_isolation ON app.users FOR SELECT USING (tenant_id = (SELECT app.tid()))",
        "DROP POLICY tenant_isolation ON app.users;
         CREATE POLICY tenant_isolation ON app.users AS RESTRICTIVE USING (tenant_id = (SELECT app.tid()))
             WITH CHECK (tenant_id = (SELECT app.tid()))",
        "ALTER TABLE app.users ALTER name SET STATISTICS 100",
    ] {
        run(&mut owner, undone).await.unwrap();
        assert_ne!(state(&mut owner, "app.users").await, before, "{undone}");
        run(&mut owner, "SELECT tenantry.isolate('app.users')")
            .await
            .unwrap();
        let after = state(&mut owner, "app.users").await;
        assert_eq!(
            after.replace(&oid(&after), ""),
            before.replace(&oid(&before), ""),
            "{undone}"
        );
        // Only the policy's oid may differ from here on.
        run(&mut owner, "SELECT tenantry.isolate('app.users')")
            .await
            .unwrap();
        assert_eq!(state(&mut owner, "app.users").await, after, "{undone}");
    }
}
