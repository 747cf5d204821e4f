//! Attempts are detected where a protection is missing: otherwise their failure would prove nothing.

use std::time::Duration;

use crate::fixture::AttackFixture;
use crate::support::run;
use crate::table::theme;

/// SQL that removes a protection, as a superuser; and theme and name of an attempt that must be detected then.
const REMOVED: &[(&str, &str, &str)] = &[
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
async fn a_missing_protection_is_detected() {
    for (sql, attempt_theme, name) in REMOVED {
        let mut fixture = if *attempt_theme == "plans" {
            AttackFixture::crowded().await
        } else {
            AttackFixture::new().await
        };
        run(&mut fixture.superuser, sql).await.unwrap();
        fixture.patience = Duration::from_secs(2);
        let attempt = theme(attempt_theme)
            .iter()
            .find(|attempt| attempt.name == *name)
            .expect(name);
        let found = fixture.check(attempt).await;
        assert!(!found.is_empty(), "{name} is not detected although: {sql}");
    }
}
