//! The lint.

use std::collections::BTreeSet;

use control_plane::doctor::{Doctor, DoctorSettings};
use control_plane::postgres::Login;

use crate::mutants::{self, Mutant};
use crate::world::{CONTROL, DATA, World, lines};

/// Every mutant is found by its code, its remedy is run, and all is sound again.
#[tokio::test]
async fn every_mutant_is_caught_and_mended() {
    let mut world = World::new().await;
    let doctor = world.doctor();
    let report = doctor.examine(true).await;
    assert_eq!(
        world.found(&report),
        Vec::<String>::new(),
        "as the migrations leave it"
    );
    for sql in [mutants::NOTES, mutants::EVENTS] {
        world.run(DATA, sql).await.unwrap();
    }
    let report = doctor.examine(true).await;
    assert_eq!(
        world.found(&report),
        Vec::<String>::new(),
        "with tables of a team's own"
    );

    let version = world.version().await;
    let known = |since: u32| version >= i32::try_from(since).unwrap();
    let newer: Vec<Mutant> = mutants::SINCE
        .iter()
        .filter(|(since, _)| known(*since))
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
            if let Err(why) = caught(&mut world, &doctor, place, mutant).await {
                println!("{}: {why}", mutant.0);
                missed.push(mutant.0);
            }
        }
    }
    let version = world.one::<String>("SHOW server_version").await;
    println!(
        "PostgreSQL {version}: mutants caught/made: {}/{made}",
        made - missed.len()
    );
    assert_eq!(missed, Vec::<&str>::new());
}

async fn caught(
    world: &mut World,
    doctor: &Doctor,
    place: &str,
    &(_, ddl, code): &Mutant,
) -> Result<(), String> {
    let ddl = world.filled(ddl);
    world
        .run(place, &ddl)
        .await
        .map_err(|error| format!("the DDL fails: {error}"))?;
    let report = doctor.examine(false).await;
    let found = report.findings.iter().any(|finding| finding.code == code);
    let healed = world.heal(&report).await;
    let after = world.found(&doctor.examine(false).await);
    // What is left must not be taken for the next one's.
    assert!(
        after.is_empty(),
        "{ddl}: {after:#?} is left after {:#?}, {healed:?}",
        report.findings
    );
    healed?;
    found
        .then_some(())
        .ok_or_else(|| format!("{code} was not found: {:#?}", lines(&report)))
}

/// A server that is too old, a database that is not there and a login that is refused are findings themselves.
#[tokio::test]
async fn what_cannot_be_examined_is_an_error() {
    let world = World::new().await;
    let codes = async |change: &dyn Fn(&mut DoctorSettings)| {
        let mut settings = world.settings(None);
        change(&mut settings);
        let report = Doctor::new(settings).examine(false).await;
        assert!(!report.sound);
        let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
        (codes, report.complete)
    };
    let named = |name: &str| name.parse().unwrap();
    let nobody = || Some(Login::new("nobody", "x".to_owned().into()));
    for unreachable in [
        codes(&|settings| settings.data.name = named("nowhere")).await,
        codes(&|settings| settings.control.name = named("nowhere")).await,
        codes(&|settings| settings.data.examiner = nobody()).await,
    ] {
        assert_eq!(
            (unreachable.0.contains(&"UNREACHABLE"), unreachable.1),
            (true, false)
        );
    }
    let (old, complete) = codes(&|settings| settings.min_server_version = 990_000).await;
    assert_eq!((old, complete), (vec!["SERVER_TOO_OLD"], true));
    // In the wrong database what should be there is not, and that is no "nothing to complain of".
    for misplaced in [
        codes(&|settings| settings.data.name = named(CONTROL)).await.0,
        codes(&|settings| settings.control.name = named(DATA)).await.0,
    ] {
        assert!(misplaced.contains(&"SCHEMA_MISSING"), "{misplaced:?}");
    }
}

/// The catalogs are open to all: the service sees what a superuser sees.
#[tokio::test]
async fn who_examines_makes_no_difference() {
    let mut world = World::new().await;
    world
        .run(DATA, "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false); GRANT SELECT ON app.users TO PUBLIC")
        .await
        .unwrap();
    let seen =
        async |examiner: Option<&Login>| lines(&Doctor::new(world.settings(examiner)).examine(false).await);
    let service = seen(None).await;
    assert!(!service.is_empty());
    assert_eq!(seen(Some(world.server.migrator())).await, service);
    assert_eq!(seen(Some(world.server.superuser_login())).await, service);
}

/// With a thousand tenants. The figure is shown, and not held against the machine.
#[tokio::test]
async fn a_thousand_tenants_are_examined() {
    let mut world = World::new().await;
    world
        .run(
            DATA,
            "DO $$ BEGIN FOR n IN 1..1000 LOOP
                 PERFORM provisioner_00.create_tenant(gen_random_uuid(), 'SCRAM-SHA-256$1:AAAAAAAAAAAAAAAAAAAAAA==$' ||
                     repeat('A', 43) || '=:' || repeat('A', 43) || '=');
             END LOOP; END $$",
        )
        .await
        .unwrap();
    let doctor = world.doctor();
    let lint = doctor.examine(false).await;
    let whole = doctor.examine(true).await;
    assert_eq!(world.found(&whole), Vec::<String>::new());
    println!(
        "1,000 tenants: lint {:?}, with the probe {:?}, {:?}",
        lint.took, whole.took, whole.probed
    );
}

/// The service notes it in the store when a login is refused.
#[tokio::test]
async fn a_tenant_that_is_locked_out_is_a_warning() {
    let mut world = World::new().await;
    world
        .run(
            CONTROL,
            "UPDATE control.tenants SET login_refused_at = '2026-01-02T03:04:05Z' WHERE name = 'b'",
        )
        .await
        .unwrap();
    let report = world.doctor().examine(false).await;
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", lines(&report))
    };
    assert_eq!((finding.code, report.sound), ("TENANT_LOCKED_OUT", true));
    assert_eq!(finding.object, world.filled("{b}_a"));
    assert!(finding.wrong.contains("2026-01-02 03:04:05"), "{}", finding.wrong);
}

/// After an upgrade no login may have a limit: the report stays one that is read.
#[tokio::test]
async fn many_logins_without_a_limit_are_few_lines() {
    let mut world = World::new().await;
    world
        .run(
            DATA,
            "DO $$ BEGIN FOR n IN 1..30 LOOP
                 EXECUTE format('CREATE ROLE tn_%s_a LOGIN', md5(n::text));
             END LOOP; END $$",
        )
        .await
        .unwrap();
    let report = world.doctor().examine(false).await;
    let codes: BTreeSet<_> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        (codes, report.findings.len()),
        (BTreeSet::from(["LOGIN_LIMIT"]), 21)
    );
    assert!(
        lines(&report)
            .iter()
            .any(|line| line.ends_with("it is so for 10 more")),
        "{:#?}",
        lines(&report)
    );
}

/// What the server has once for all sessions, and what of it is nearly used up. Tenants are served all the same.
#[tokio::test]
async fn what_all_sessions_share_is_looked_after() {
    let world = World::with(&[("max_locks_per_transaction", "32")]).await;
    let codes = |report: &control_plane::doctor::Report| -> Vec<_> {
        report.findings.iter().map(|finding| finding.code).collect()
    };
    let report = world.doctor().examine(false).await;
    assert_eq!(codes(&report), ["LOCK_TABLE_SMALL"], "{:#?}", lines(&report));
    assert!(report.sound);
    let remedy = report.findings[0].remedy.as_deref();
    assert_eq!(remedy, Some("ALTER SYSTEM SET max_locks_per_transaction = 64"));

    // A session that listens and does not end its transaction keeps what others send.
    let mut listener = world.session(world.a).await;
    for sql in ["LISTEN news", "BEGIN; SELECT 1"] {
        sqlx::raw_sql(sql).execute(&mut listener).await.unwrap();
    }
    let mut sender = world.session(world.b).await;
    let flood = "SELECT count(pg_notify('news', n || repeat('x', 7900))) FROM generate_series(1, 11000) AS n";
    sqlx::raw_sql(flood).execute(&mut sender).await.unwrap();
    let report = world.doctor().examine(false).await;
    assert_eq!(
        codes(&report),
        ["LOCK_TABLE_SMALL", "NOTIFY_QUEUE_FILLING"],
        "{:#?}",
        lines(&report)
    );
    assert!(report.sound);
}

/// What only a superuser can close does not keep a service from serving where there is none; except that up to
/// PostgreSQL 14 everybody may create in the schema public, which is the server's own.
#[tokio::test]
async fn without_a_superuser_there_are_warnings_and_no_errors() {
    let mut world = World::without_superuser().await;
    let report = world.doctor().examine(true).await;
    let mut expected = BTreeSet::from([
        "GUARD_MISSING",
        "SHARED_DATABASE_OPEN",
        "SYSTEM_FUNCTION_OPEN",
        "SYSTEM_FUNCTION_TELLS",
    ]);
    let public_is_closed = world.version().await >= 150_000;
    if !public_is_closed {
        expected.extend(["PUBLIC_GRANTED", "SCHEMA_CREATE"]);
    }
    // From 16 on nobody but who has the right can pass it on.
    if world.version().await >= 160_000 {
        expected.insert("WATCHDOG_POWERLESS");
    }
    assert!(report.complete, "{:#?}", lines(&report));
    assert_eq!(report.sound, public_is_closed, "{:#?}", lines(&report));
    let found = world.found(&report);
    let codes: BTreeSet<_> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(codes, expected);
}
