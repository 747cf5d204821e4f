//! That an attempt comes to nothing means something only if it is seen to come to something where a wall is missing.

use std::time::Duration;

use crate::scene::Scene;
use crate::support::run;
use crate::table::theme;

/// What is torn down, as a superuser; and the attempt, by theme and name, that has to be found getting through.
const MISSING: &[(&str, &str, &str)] = &[
    (
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "reads",
        "by the tenant's id",
    ),
    (
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "reads",
        "in a DO block",
    ),
    (
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "copies",
        "a table to the client",
    ),
    (
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "writes",
        "UPDATE of a known row",
    ),
    (
        "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY",
        "leaks",
        "a cast that fails on a foreign name",
    ),
    (
        "CREATE POLICY hole ON app.users FOR SELECT USING (true)",
        "reads",
        "an outer join",
    ),
    (
        "GRANT DELETE ON app.users TO tenantry_tenant; CREATE POLICY hole ON app.users USING (true)",
        "writes",
        "DELETE of a known row",
    ),
    (
        "GRANT INSERT ON app.users TO tenantry_tenant; CREATE POLICY hole ON app.users FOR INSERT WITH CHECK (true)",
        "writes",
        "INSERT for another",
    ),
    (
        "GRANT TRUNCATE ON app.users TO tenantry_tenant",
        "writes",
        "TRUNCATE",
    ),
    (
        "GRANT UPDATE ON app.users TO tenantry_tenant",
        "locks",
        "ACCESS EXCLUSIVE",
    ),
    (
        "ALTER TABLE app.users ALTER name SET STATISTICS -1; ANALYZE app.users",
        "plans",
        "the estimate for a name",
    ),
    (
        "ALTER TABLE app.users ALTER tenant_id SET STATISTICS -1; ANALYZE app.users",
        "plans",
        "the estimate for a tenant",
    ),
    ("CREATE INDEX ON app.users (name)", "plans", "the pages of a name"),
    (
        "DROP EVENT TRIGGER tenantry_guard",
        "queues",
        "a rule: ACCESS EXCLUSIVE",
    ),
    (
        "DROP EVENT TRIGGER tenantry_guard",
        "queues",
        "a trigger: SHARE ROW EXCLUSIVE",
    ),
    (
        "GRANT CREATE ON SCHEMA app TO tenantry_tenant; DROP EVENT TRIGGER tenantry_guard",
        "creation",
        "a view",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC",
        "locks",
        "an advisory lock",
    ),
    (
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO tenantry_tenant",
        "files",
        "a file",
    ),
];

#[tokio::test]
async fn a_missing_wall_is_found() {
    for (torn, themed, name) in MISSING {
        let mut scene = if *themed == "plans" {
            Scene::crowded().await
        } else {
            Scene::new().await
        };
        run(&mut scene.superuser, torn).await.unwrap();
        scene.patience = Duration::from_secs(2);
        let attempt = theme(themed)
            .iter()
            .find(|attempt| attempt.name == *name)
            .expect(name);
        let found = scene.judge(attempt).await;
        assert!(!found.is_empty(), "{name} is not found although: {torn}");
    }
}
