//! The live probe without the lint.

use std::time::Duration;

use isolation_doctor::Examinations;
use sqlx::{Connection as _, Executor as _};
use testkit::CapturedLog;
use tokio::time::{sleep, timeout};

use crate::mutants::{self, Mutant};
use crate::test_cluster::{DATA, TestCluster, lines};

#[tokio::test]
async fn every_mutant_is_found_by_the_attack() {
    let mut cluster = TestCluster::new().await;
    let report = cluster.doctor().probe_only().await;
    assert_eq!(cluster.found(&report), Vec::<String>::new());
    let probed = report.probed.unwrap();
    assert!(probed.tables >= 1);
    println!("attempts refused: {} in {:?}", probed.attempts, report.took);
    let users: i64 = cluster.one("SELECT count(*) FROM app.users").await;
    assert_eq!(users, 2, "a probe leaves no row");

    let (mut made, mut missed) = (0, Vec::new());
    for mutant in mutants::ATTACKED {
        made += 1;
        if let Err(why) = check(&mut cluster, mutant).await {
            println!("{}: {why}", mutant.0);
            missed.push(mutant.0);
        }
    }
    let version = cluster.one::<String>("SHOW server_version").await;
    println!(
        "PostgreSQL {version}: mutants caught/made by the probe: {}/{made}",
        made - missed.len()
    );
    assert_eq!(missed, Vec::<&str>::new());
}

#[tokio::test]
async fn a_session_that_ends_before_the_probe_ends_it_is_not_logged() {
    let mut cluster = TestCluster::new().await;
    // What PostgreSQL does in that case, each time.
    let warn = "
        ALTER FUNCTION doctor.close_probe() RENAME TO fixture_close_probe;
        CREATE FUNCTION doctor.close_probe() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            PERFORM doctor.fixture_close_probe();
            RAISE WARNING 'PID 1 is not a PostgreSQL backend process';
        END $$;
        GRANT EXECUTE ON FUNCTION doctor.close_probe() TO tenantry_service";
    cluster.run(DATA, warn).await.unwrap();
    let log = CapturedLog::start("sqlx::postgres::notice=trace");
    let report = cluster.doctor().probe_only().await;
    assert_eq!(cluster.found(&report), Vec::<String>::new());
    let notices = log.take();
    assert!(!notices.contains("PID"), "{notices}");
}

async fn check(cluster: &mut TestCluster, &(name, ddl, code): &Mutant) -> Result<(), String> {
    cluster
        .run(DATA, ddl)
        .await
        .map_err(|error| format!("the DDL fails: {error}"))?;
    let report = cluster.doctor().probe_only().await;
    let found = report.findings.iter().any(|finding| finding.code == code);
    // The lint finds the cause and its remedy.
    let cause = cluster.doctor().examine(false).await;
    cluster.apply_remedies(&cause).await?;
    if name == "a definer without a check" {
        cluster.run(DATA, DELETE_USER).await.unwrap();
    }
    let after = cluster.doctor().examine(true).await;
    assert_eq!(cluster.found(&after), Vec::<String>::new(), "{name}");
    found
        .then_some(())
        .ok_or_else(|| format!("{code} was not found: {:#?}", lines(&report)))
}

const DELETE_USER: &str = "CREATE OR REPLACE FUNCTION app.delete_user(user_id uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS
    'BEGIN DELETE FROM app.users WHERE tenant_id = app.tid() AND id = user_id; RETURN FOUND; END'";

/// Rows of real tenants are not read, changed or locked even when attacks succeed.
#[tokio::test]
async fn a_successful_attack_harms_no_real_tenant() {
    let mut cluster = TestCluster::new().await;
    let print = "SELECT md5(string_agg(users::text, E'\n' ORDER BY id)) FROM app.users AS users";
    let before: String = cluster.one(print).await;
    cluster
        .run(
            DATA,
            "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY;
             GRANT ALL ON app.users TO tenantry_tenant",
        )
        .await
        .unwrap();
    let report = cluster.doctor().probe_only().await;
    for code in [
        "PROBE_READ",
        "PROBE_WROTE",
        "PROBE_FORGED",
        "PROBE_LOCKED",
        "PROBE_TRUNCATED",
    ] {
        assert!(
            report.findings.iter().any(|finding| finding.code == code),
            "{code}: {:#?}",
            lines(&report)
        );
    }
    assert_eq!(cluster.one::<String>(print).await, before);
}

/// The probe's logins are closed outside a probe, and tenants cannot execute its functions.
#[tokio::test]
async fn the_probes_logins_are_closed_after_it() {
    let mut cluster = TestCluster::new().await;
    let logins = "SELECT count(*) FROM pg_authid WHERE rolname ~ '^tn_d0c7d0c7d0c74d0c'";
    let examinations = Examinations::new(cluster.doctor(), true);
    assert!(!examinations.isolated());
    // Two concurrent instances take turns.
    let elsewhere = Examinations::new(cluster.doctor(), true);
    let (one, other) = tokio::join!(examinations.examine(), elsewhere.examine());
    for examination in [&one, &other] {
        assert_eq!(cluster.found(&examination.report), Vec::<String>::new());
    }
    assert!(examinations.isolated());
    assert!(examinations.last().unwrap().report.sound);
    assert_eq!(cluster.one::<i64>(logins).await, 2);
    let open = format!("{logins} AND (rolcanlogin OR rolpassword IS NOT NULL)");
    assert_eq!(cluster.one::<i64>(&open).await, 0);

    let mut tenant = cluster.session(cluster.a).await;
    for sql in [
        "SELECT app.delete_probe_rows()",
        "SELECT doctor.take_turn()",
        "SELECT doctor.close_probe()",
    ] {
        let error = tenant.execute(sql).await.unwrap_err();
        assert_eq!(
            error.as_database_error().unwrap().code().as_deref(),
            Some("42501"),
            "{sql}"
        );
    }
    tenant.close().await.unwrap();
}

/// A table that refuses the probe's row is reported; a table that refers to another gets its row after it.
#[tokio::test]
async fn additional_tables_are_probed() {
    let mut cluster = TestCluster::new().await;
    let before = cluster.doctor().probe_only().await.probed.unwrap();
    // The last one refers to a user, and the attacker has none. Its name sorts after the users.
    let visits = "CREATE TABLE app.zz_fixture_visits (
            tenant_id uuid NOT NULL DEFAULT app.tid(), id uuid NOT NULL DEFAULT gen_random_uuid(), user_id uuid NOT NULL,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id) ON DELETE CASCADE
        );
        SELECT tenantry.isolate('app.zz_fixture_visits');
        GRANT SELECT, INSERT (user_id), UPDATE (user_id) ON app.zz_fixture_visits TO tenantry_tenant";
    for sql in [mutants::NOTES, mutants::EVENTS, visits] {
        cluster.run(DATA, sql).await.unwrap();
    }
    let report = cluster.doctor().probe_only().await;
    assert_eq!(
        (cluster.found(&report), report.probed.unwrap().tables),
        (vec![], before.tables + 3)
    );
    cluster
        .run(
            DATA,
            "ALTER TABLE app.fixture_notes ADD CONSTRAINT fixture_short CHECK (char_length(title) < 5)",
        )
        .await
        .unwrap();
    let report = cluster.doctor().probe_only().await;
    assert!(report.sound, "{:#?}", lines(&report));
    let found = cluster.found(&report);
    assert!(
        found[0].starts_with("NOT_PROBED ") && found.len() == 1,
        "{found:?}"
    );
    let left: i64 = cluster.one("SELECT count(*) FROM app.fixture_events").await;
    assert_eq!(left, 0);
}

/// A correction by DDL is noticed without a restart.
#[tokio::test]
async fn examinations_repeat_until_one_is_sound() {
    let mut cluster = TestCluster::new().await;
    cluster
        .run(DATA, "GRANT TRUNCATE ON app.users TO tenantry_tenant")
        .await
        .unwrap();
    let examinations = Examinations::new(cluster.doctor(), true);
    let waiting = tokio::spawn({
        let examinations = examinations.clone();
        async move { examinations.until_sound(Duration::from_millis(50)).await }
    });
    while examinations.last().is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!examinations.isolated() && !waiting.is_finished());
    cluster
        .run(DATA, "REVOKE TRUNCATE ON app.users FROM tenantry_tenant")
        .await
        .unwrap();
    timeout(Duration::from_mins(1), waiting).await.unwrap().unwrap();
    assert!(examinations.isolated());
}
