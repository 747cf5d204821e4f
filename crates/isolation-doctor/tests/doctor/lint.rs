//! The lint.

use std::collections::BTreeSet;

use isolation_doctor::{Doctor, DoctorSettings};
use schema::Login;
use sqlx::Row as _;

use crate::mutants::{self, Mutant};
use crate::test_cluster::{CONTROL, DATA, TestCluster, lines};

/// Every mutant is reported with its code, and its remedy corrects it.
#[tokio::test]
async fn every_mutant_is_found_and_corrected() {
    let mut cluster = TestCluster::new().await;
    let doctor = cluster.doctor();
    let report = doctor.examine(true).await;
    assert_eq!(
        cluster.found(&report),
        Vec::<String>::new(),
        "after the migrations"
    );
    for sql in [mutants::NOTES, mutants::EVENTS] {
        cluster.run(DATA, sql).await.unwrap();
    }
    let report = doctor.examine(true).await;
    assert_eq!(cluster.found(&report), Vec::<String>::new(), "with more tables");

    let version = cluster.version().await;
    let supported = |since: u32| version >= i32::try_from(since).unwrap();
    let newer: Vec<Mutant> = mutants::SINCE
        .iter()
        .filter(|(since, _)| supported(*since))
        .map(|(_, mutant)| *mutant)
        .collect();
    let (mut made, mut missed) = (0, Vec::new());
    for (place, list) in [
        (DATA, &newer[..]),
        (DATA, mutants::TABLES),
        (DATA, mutants::KEYS),
        (DATA, mutants::GRANTS),
        (DATA, mutants::VIEWS_AND_ROUTINES),
        (DATA, mutants::POSTGRES),
        (DATA, mutants::ROLES),
        (DATA, mutants::DATABASES),
        (CONTROL, mutants::STORE),
    ] {
        for mutant in list {
            made += 1;
            if let Err(why) = check(&mut cluster, &doctor, place, mutant).await {
                println!("{}: {why}", mutant.0);
                missed.push(mutant.0);
            }
        }
    }
    let version = cluster.one::<String>("SHOW server_version").await;
    println!(
        "PostgreSQL {version}: mutants caught/made: {}/{made}",
        made - missed.len()
    );
    assert_eq!(missed, Vec::<&str>::new());
}

async fn check(
    cluster: &mut TestCluster,
    doctor: &Doctor,
    place: &str,
    &(_, ddl, code): &Mutant,
) -> Result<(), String> {
    let ddl = cluster.fill(ddl);
    cluster
        .run(place, &ddl)
        .await
        .map_err(|error| format!("the DDL fails: {error}"))?;
    let report = doctor.examine(false).await;
    let found = report.findings.iter().any(|finding| finding.code == code);
    let remedied = cluster.apply_remedies(&report).await;
    let after = cluster.found(&doctor.examine(false).await);
    // A leftover must not count as the next mutant's finding.
    assert!(
        after.is_empty(),
        "{ddl}: {after:#?} is left after {:#?}, {remedied:?}",
        report.findings
    );
    remedied?;
    found
        .then_some(())
        .ok_or_else(|| format!("{code} was not found: {:#?}", lines(&report)))
}

/// A server that is too old, a missing database and a refused login are findings.
#[tokio::test]
async fn a_failed_examination_is_an_error() {
    let cluster = TestCluster::new().await;
    let codes = async |change: &dyn Fn(&mut DoctorSettings)| {
        let mut settings = cluster.settings(None);
        change(&mut settings);
        let report = Doctor::new(settings).examine(false).await;
        assert!(!report.sound);
        let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
        (codes, report.complete)
    };
    let named = |name: &str| name.parse().unwrap();
    let unknown_login = || Some(Login::new("unknown", "x".to_owned().into()));
    for unreachable in [
        codes(&|settings| settings.data.name = named("nowhere")).await,
        codes(&|settings| settings.control.name = named("nowhere")).await,
        codes(&|settings| settings.data.examiner = unknown_login()).await,
    ] {
        assert_eq!(
            (unreachable.0.contains(&"UNREACHABLE"), unreachable.1),
            (true, false)
        );
    }
    let (old, complete) = codes(&|settings| settings.min_server_version = 990_000).await;
    assert_eq!((old, complete), (vec!["SERVER_TOO_OLD"], true));
    // In the wrong database everything is missing, which must not count as "no violations".
    for misplaced in [
        codes(&|settings| settings.data.name = named(CONTROL)).await.0,
        codes(&|settings| settings.control.name = named(DATA)).await.0,
    ] {
        assert!(misplaced.contains(&"SCHEMA_MISSING"), "{misplaced:?}");
    }
}

/// The catalogs are readable by all: the service sees what a superuser sees.
#[tokio::test]
async fn the_examiners_login_makes_no_difference() {
    let mut cluster = TestCluster::new().await;
    cluster
        .run(DATA, "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false); GRANT SELECT ON app.users TO PUBLIC")
        .await
        .unwrap();
    let seen =
        async |examiner: Option<&Login>| lines(&Doctor::new(cluster.settings(examiner)).examine(false).await);
    let service = seen(None).await;
    assert!(!service.is_empty());
    assert_eq!(seen(Some(cluster.server.migrator())).await, service);
    assert_eq!(seen(Some(cluster.server.superuser_login())).await, service);
}

/// The duration is printed, and not asserted.
#[tokio::test]
async fn a_thousand_tenants_are_examined() {
    let mut cluster = TestCluster::new().await;
    cluster
        .run(
            DATA,
            "DO $$ BEGIN FOR n IN 1..1000 LOOP
                 PERFORM provisioner_00.create_tenant(gen_random_uuid(), 'SCRAM-SHA-256$1:AAAAAAAAAAAAAAAAAAAAAA==$' ||
                     repeat('A', 43) || '=:' || repeat('A', 43) || '=');
             END LOOP; END $$",
        )
        .await
        .unwrap();
    let doctor = cluster.doctor();
    let lint = doctor.examine(false).await;
    let whole = doctor.examine(true).await;
    assert_eq!(cluster.found(&whole), Vec::<String>::new());
    println!(
        "1,000 tenants: lint {:?}, with the probe {:?}, {:?}",
        lint.took, whole.took, whole.probed
    );
}

/// The service records refused logins in the store.
#[tokio::test]
async fn a_refused_login_is_a_warning() {
    let mut cluster = TestCluster::new().await;
    cluster
        .run(
            CONTROL,
            "UPDATE control.tenants SET login_refused_at = '2026-01-02T03:04:05Z' WHERE name = 'b'",
        )
        .await
        .unwrap();
    let report = cluster.doctor().examine(false).await;
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", lines(&report))
    };
    assert_eq!((finding.code, report.sound), ("TENANT_LOCKED_OUT", true));
    assert_eq!(finding.object, cluster.fill("{b}_a"));
    assert!(finding.wrong.contains("2026-01-02 03:04:05"), "{}", finding.wrong);
    // For an expired password the remedy is SQL.
    let expire = cluster.fill("ALTER ROLE {b}_a VALID UNTIL '2026-01-01'");
    cluster.run(DATA, &expire).await.unwrap();
    let report = cluster.doctor().examine(false).await;
    let finding = |code| {
        report
            .findings
            .iter()
            .find(|finding| finding.code == code)
            .unwrap()
    };
    assert!(finding("TENANT_EXPIRES").wrong.contains("has expired"));
    let locked_out = finding("TENANT_LOCKED_OUT");
    let remedy = cluster.fill("ALTER ROLE {b}_a VALID UNTIL 'infinity'");
    assert_eq!(locked_out.remedy, Some(remedy));
}

/// NOLOGIN by hand; the service itself sets it for tenants that it does not serve.
#[tokio::test]
async fn a_login_of_an_active_tenant_with_nologin_is_a_warning() {
    let mut cluster = TestCluster::new().await;
    let close = cluster.fill("ALTER ROLE {b}_a NOLOGIN");
    cluster.run(DATA, &close).await.unwrap();
    // The tenant may have been resumed just now.
    let report = cluster.doctor().examine(false).await;
    assert_eq!(lines(&report), Vec::<String>::new());
    let earlier = "ALTER TABLE control.tenants DISABLE TRIGGER USER;
        UPDATE control.tenants SET updated_at = now() - interval '1 hour';
        ALTER TABLE control.tenants ENABLE TRIGGER USER";
    cluster.run(CONTROL, earlier).await.unwrap();
    let report = cluster.doctor().examine(false).await;
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", lines(&report))
    };
    assert_eq!((finding.code, report.sound), ("TENANT_LOCKED_OUT", true));
    assert_eq!(finding.remedy, Some(cluster.fill("ALTER ROLE {b}_a LOGIN")));
    assert!(finding.wrong.contains("NOLOGIN"), "{}", finding.wrong);
    cluster.apply_remedies(&report).await.unwrap();
    let report = cluster.doctor().examine(false).await;
    assert_eq!(lines(&report), Vec::<String>::new());
}

/// After an upgrade every login may lack its limit: the report stays short.
#[tokio::test]
async fn findings_of_one_code_are_limited() {
    let mut cluster = TestCluster::new().await;
    cluster
        .run(
            DATA,
            "DO $$ BEGIN FOR n IN 1..30 LOOP
                 EXECUTE format('CREATE ROLE tn_%s_a LOGIN', md5(n::text));
             END LOOP; END $$",
        )
        .await
        .unwrap();
    let report = cluster.doctor().examine(false).await;
    let codes: BTreeSet<_> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        (codes, report.findings.len()),
        (BTreeSet::from(["LOGIN_LIMIT"]), 21)
    );
    assert!(
        lines(&report)
            .iter()
            .any(|line| line.ends_with("10 more logins have the same problem")),
        "{:#?}",
        lines(&report)
    );
}

/// A small lock table and a filling notification queue are warnings.
#[tokio::test]
async fn shared_resources_are_examined() {
    let cluster = TestCluster::with(&[("max_locks_per_transaction", "32")]).await;
    let codes = |report: &isolation_doctor::Report| -> Vec<_> {
        report.findings.iter().map(|finding| finding.code).collect()
    };
    let report = cluster.doctor().examine(false).await;
    assert_eq!(codes(&report), ["LOCK_TABLE_SMALL"], "{:#?}", lines(&report));
    assert!(report.sound);
    let remedy = report.findings[0].remedy.as_deref();
    assert_eq!(
        remedy,
        Some("ALTER SYSTEM SET max_locks_per_transaction = 64 /* then restart PostgreSQL */")
    );

    // A listening session with an open transaction keeps notifications in the queue.
    let mut listener = cluster.session(cluster.a).await;
    for sql in ["LISTEN news", "BEGIN; SELECT 1"] {
        sqlx::raw_sql(sql).execute(&mut listener).await.unwrap();
    }
    let mut sender = cluster.session(cluster.b).await;
    let flood = "SELECT count(pg_notify('news', n || repeat('x', 7900))) FROM generate_series(1, 11000) AS n";
    sqlx::raw_sql(flood).execute(&mut sender).await.unwrap();
    let report = cluster.doctor().examine(false).await;
    assert_eq!(
        codes(&report),
        ["LOCK_TABLE_SMALL", "NOTIFY_QUEUE_FILLING"],
        "{:#?}",
        lines(&report)
    );
    assert!(report.sound);
    // The remedy lists the listener, and how to end it.
    let remedy = report.findings[1].remedy.clone().unwrap();
    let mut superuser = cluster.server.superuser(DATA).await;
    let oldest = sqlx::query(sqlx::AssertSqlSafe(remedy))
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let (login, end): (String, String) = (oldest.get("usename"), oldest.get("to_end_it"));
    assert_eq!(login, cluster.fill("{a}_a"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(end))
        .execute(&mut superuser)
        .await
        .unwrap();
    sqlx::query("SELECT 1").execute(&mut listener).await.unwrap_err();
}

/// Findings that only a superuser can correct are warnings; except that up to PostgreSQL 14 every role may create in the
/// schema public.
#[tokio::test]
async fn without_a_superuser_there_are_warnings_and_no_errors() {
    let mut cluster = TestCluster::without_superuser().await;
    let report = cluster.doctor().examine(true).await;
    let mut expected = BTreeSet::from([
        "GUARD_MISSING",
        "SHARED_DATABASE_OPEN",
        "SYSTEM_FUNCTION_OPEN",
        "SYSTEM_FUNCTION_TELLS",
    ]);
    let public_is_closed = cluster.version().await >= 150_000;
    if !public_is_closed {
        expected.extend(["PUBLIC_GRANTED", "SCHEMA_CREATE"]);
    }
    // From 16 on, only a role with ADMIN OPTION can grant the right.
    if cluster.version().await >= 160_000 {
        expected.insert("WATCHDOG_POWERLESS");
    }
    assert!(report.complete, "{:#?}", lines(&report));
    assert_eq!(report.sound, public_is_closed, "{:#?}", lines(&report));
    let found = cluster.found(&report);
    let codes: BTreeSet<_> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(codes, expected);
}
