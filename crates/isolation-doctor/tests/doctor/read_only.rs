//! Read-only servers: the catalogs are examined, and the probe follows once the server takes writes.

use std::time::Duration;

use isolation_doctor::{Examinations, Report};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::{sleep, timeout};

use crate::test_cluster::{DATA, TestCluster, lines};

const READ_ONLY: &str = "ALTER SYSTEM SET default_transaction_read_only = on";
const WRITABLE: &str = "ALTER SYSTEM RESET default_transaction_read_only";

/// Changes a setting of the server and waits until it applies.
async fn alter_system(cluster: &TestCluster, alter: &str) {
    let mut session = cluster.server.superuser(DATA).await;
    session.execute(AssertSqlSafe(alter.to_owned())).await.unwrap();
    session.execute("SELECT pg_reload_conf()").await.unwrap();
    let wanted = if alter == READ_ONLY { "on" } else { "off" };
    let applied = async || -> bool {
        let mut fresh = cluster.server.superuser(DATA).await;
        let shown: String = sqlx::query_scalar("SHOW default_transaction_read_only")
            .fetch_one(&mut fresh)
            .await
            .unwrap();
        shown == wanted
    };
    while !applied().await {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Runs statements as a superuser with writes enabled, one after the other, as the doctor prints a remedy.
async fn write(cluster: &TestCluster, sql: &str) {
    let mut session = cluster.server.superuser(DATA).await;
    for statement in ["SET default_transaction_read_only = off"]
        .into_iter()
        .chain(sql.split("; "))
    {
        session
            .execute(AssertSqlSafe(statement.to_owned()))
            .await
            .unwrap();
    }
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[tokio::test]
async fn a_read_only_server_is_a_warning_with_a_remedy() {
    let cluster = TestCluster::new().await;
    alter_system(&cluster, READ_ONLY).await;
    let report = cluster.doctor().examine(true).await;
    assert_eq!(codes(&report), ["PROBE_READ_ONLY"], "{:#?}", lines(&report));
    assert!(report.sound && report.complete && report.probed.is_none());
    let remedy = report.findings[0].remedy.as_deref().unwrap();
    assert!(
        remedy.contains("ALTER SYSTEM SET default_transaction_read_only = off"),
        "{remedy}"
    );
    // Findings of the lint keep their severity.
    write(&cluster, "ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY").await;
    let report = cluster.doctor().examine(true).await;
    assert_eq!(codes(&report), ["RLS_NOT_FORCED", "PROBE_READ_ONLY"]);
    assert!(!report.sound);
    write(&cluster, "ALTER TABLE app.users FORCE ROW LEVEL SECURITY").await;

    alter_system(&cluster, WRITABLE).await;
    for set in [
        format!("ALTER DATABASE {DATA} SET default_transaction_read_only = on"),
        "ALTER ROLE tenantry_service SET default_transaction_read_only = on".to_owned(),
    ] {
        write(&cluster, &set).await;
        let report = cluster.doctor().examine(true).await;
        let finding = report
            .findings
            .iter()
            .find(|finding| finding.code == "PROBE_READ_ONLY");
        write(&cluster, finding.unwrap().remedy.as_ref().unwrap()).await;
        let report = cluster.doctor().examine(true).await;
        assert!(
            report.sound && report.probed.is_some() && !codes(&report).contains(&"PROBE_READ_ONLY"),
            "{:#?}",
            lines(&report)
        );
    }
}

/// The same SQLSTATE from a server that takes writes is an error.
#[tokio::test]
async fn a_probe_that_fails_for_another_reason_is_an_error() {
    let mut cluster = TestCluster::new().await;
    let break_it = "CREATE OR REPLACE FUNCTION doctor.open_login(tenant uuid, verifier text) RETURNS void
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
        AS $$ BEGIN RAISE EXCEPTION 'for a test' USING ERRCODE = '25006'; END $$";
    cluster.run(DATA, break_it).await.unwrap();
    let report = cluster.doctor().examine(true).await;
    assert_eq!(codes(&report), ["PROBE_FAILED"], "{:#?}", lines(&report));
    assert!(!report.sound);
}

#[tokio::test]
async fn tenants_are_served_on_the_lint_until_a_probe_can_run() {
    let cluster = TestCluster::new().await;
    alter_system(&cluster, READ_ONLY).await;
    let examinations = Examinations::new(cluster.doctor(), true);
    let until_sound = tokio::spawn({
        let examinations = examinations.clone();
        async move { examinations.until_sound(Duration::from_secs(3)).await }
    });
    examinations.examine().await;
    assert!(examinations.isolated());
    // Provisionally: a finding before the first probe stops serving again.
    write(&cluster, "GRANT TRUNCATE ON app.users TO tenantry_tenant").await;
    examinations.examine().await;
    assert!(!examinations.isolated());
    write(&cluster, "REVOKE TRUNCATE ON app.users FROM tenantry_tenant").await;
    examinations.examine().await;
    assert!(examinations.isolated() && !until_sound.is_finished());

    alter_system(&cluster, WRITABLE).await;
    timeout(Duration::from_mins(1), until_sound)
        .await
        .unwrap()
        .unwrap();
    let last = examinations.last().unwrap();
    assert!(last.report.probed.is_some(), "{:#?}", lines(&last.report));
    // From here on, findings do not stop serving.
    write(&cluster, "GRANT TRUNCATE ON app.users TO tenantry_tenant").await;
    assert!(!examinations.examine().await.report.sound);
    assert!(examinations.isolated());
}

#[tokio::test]
async fn findings_of_the_last_probe_hold_on_a_read_only_server() {
    let cluster = TestCluster::new().await;
    let examinations = Examinations::new(cluster.doctor(), true);
    write(&cluster, "GRANT TRUNCATE ON app.users TO tenantry_tenant").await;
    let examination = examinations.examine().await;
    assert!(codes(&examination.report).contains(&"PROBE_TRUNCATED"));
    alter_system(&cluster, READ_ONLY).await;
    write(&cluster, "REVOKE TRUNCATE ON app.users FROM tenantry_tenant").await;
    let examination = examinations.examine().await;
    assert_eq!(codes(&examination.report), ["PROBE_FAILED", "PROBE_READ_ONLY"]);
    assert!(!examinations.isolated());
    alter_system(&cluster, WRITABLE).await;
    examinations.examine().await;
    assert!(examinations.isolated());
}
