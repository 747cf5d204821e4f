//! The live probe alone: it finds by attack what the lint is not asked about.

use std::time::Duration;

use control_plane::doctor::Examinations;
use sqlx::{Connection as _, Executor as _};
use tokio::time::{sleep, timeout};

use crate::mutants::{self, Mutant};
use crate::world::{DATA, World, lines};

#[tokio::test]
async fn what_opens_a_way_is_found_by_attack() {
    let mut world = World::new().await;
    let report = world.doctor().probe_only().await;
    assert_eq!(world.found(&report), Vec::<String>::new());
    let probed = report.probed.unwrap();
    assert!(probed.tables >= 1);
    println!("attempts refused: {} in {:?}", probed.attempts, report.took);
    let users: i64 = world.one("SELECT count(*) FROM app.users").await;
    assert_eq!(users, 2, "a probe leaves no row");

    let (mut made, mut missed) = (0, Vec::new());
    for mutant in mutants::ATTACKED {
        made += 1;
        if let Err(why) = found(&mut world, mutant).await {
            println!("{}: {why}", mutant.0);
            missed.push(mutant.0);
        }
    }
    let version = world.one::<String>("SHOW server_version").await;
    println!(
        "PostgreSQL {version}: mutants caught/made by the probe: {}/{made}",
        made - missed.len()
    );
    assert_eq!(missed, Vec::<&str>::new());
}

async fn found(world: &mut World, &(name, ddl, code): &Mutant) -> Result<(), String> {
    world
        .run(DATA, ddl)
        .await
        .map_err(|error| format!("the DDL fails: {error}"))?;
    let report = world.doctor().probe_only().await;
    let found = report.findings.iter().any(|finding| finding.code == code);
    // The lint knows the cause, and how to undo it.
    let cause = world.doctor().examine(false).await;
    world.heal(&cause).await?;
    if name == "a definer that asks nobody" {
        world.run(DATA, DELETE_USER).await.unwrap();
    }
    let after = world.doctor().examine(true).await;
    assert_eq!(world.found(&after), Vec::<String>::new(), "{name}");
    found
        .then_some(())
        .ok_or_else(|| format!("{code} was not found: {:#?}", lines(&report)))
}

const DELETE_USER: &str = "CREATE OR REPLACE FUNCTION app.delete_user(user_id uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS
    'BEGIN DELETE FROM app.users WHERE tenant_id = app.tid() AND id = user_id; RETURN FOUND; END'";

/// Rows of real tenants are not read, not changed and not locked, whatever the attack gets at.
#[tokio::test]
async fn a_probe_that_gets_through_harms_nobody() {
    let mut world = World::new().await;
    let print = "SELECT md5(string_agg(users::text, E'\n' ORDER BY id)) FROM app.users AS users";
    let before: String = world.one(print).await;
    world
        .run(
            DATA,
            "ALTER TABLE app.users DISABLE ROW LEVEL SECURITY;
             GRANT ALL ON app.users TO tenantry_tenant",
        )
        .await
        .unwrap();
    let report = world.doctor().probe_only().await;
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
    assert_eq!(world.one::<String>(print).await, before);
}

/// Nobody can log in with the probe's logins but for the moment of a probe, and no tenant may run its function.
#[tokio::test]
async fn the_probes_logins_are_closed_after_it() {
    let mut world = World::new().await;
    let logins = "SELECT count(*) FROM pg_authid WHERE rolname ~ '^tn_d0c7d0c7d0c74d0c'";
    let examinations = Examinations::new(world.doctor(), true);
    assert!(!examinations.isolated());
    // Two instances, at the same time: each waits for its turn.
    let elsewhere = Examinations::new(world.doctor(), true);
    let (one, other) = tokio::join!(examinations.examine(), elsewhere.examine());
    for examination in [&one, &other] {
        assert_eq!(world.found(&examination.report), Vec::<String>::new());
    }
    assert!(examinations.isolated());
    assert!(examinations.last().unwrap().report.sound);
    assert_eq!(world.one::<i64>(logins).await, 2);
    let open = format!("{logins} AND (rolcanlogin OR rolpassword IS NOT NULL)");
    assert_eq!(world.one::<i64>(&open).await, 0);

    let mut tenant = world.session(world.a).await;
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

/// A table that takes no row of the probe's is told of, and one that refers to another gets its row after it.
#[tokio::test]
async fn tables_of_a_team_are_probed_too() {
    let mut world = World::new().await;
    let before = world.doctor().probe_only().await.probed.unwrap();
    // The last one refers to a user, of whom the attacker has none. By its name it is filled after the users.
    let visits = "CREATE TABLE app.zz_fixture_visits (
            tenant_id uuid NOT NULL DEFAULT app.tid(), id uuid NOT NULL DEFAULT gen_random_uuid(), user_id uuid NOT NULL,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, user_id) REFERENCES app.users (tenant_id, id) ON DELETE CASCADE
        );
        SELECT tenantry.isolate('app.zz_fixture_visits');
        GRANT SELECT, INSERT (user_id), UPDATE (user_id) ON app.zz_fixture_visits TO tenantry_tenant";
    for sql in [mutants::NOTES, mutants::EVENTS, visits] {
        world.run(DATA, sql).await.unwrap();
    }
    let report = world.doctor().probe_only().await;
    assert_eq!(
        (world.found(&report), report.probed.unwrap().tables),
        (vec![], before.tables + 3)
    );
    world
        .run(
            DATA,
            "ALTER TABLE app.fixture_notes ADD CONSTRAINT fixture_short CHECK (char_length(title) < 5)",
        )
        .await
        .unwrap();
    let report = world.doctor().probe_only().await;
    assert!(report.sound, "{:#?}", lines(&report));
    let found = world.found(&report);
    assert!(
        found[0].starts_with("NOT_PROBED ") && found.len() == 1,
        "{found:?}"
    );
    let left: i64 = world.one("SELECT count(*) FROM app.fixture_events").await;
    assert_eq!(left, 0);
}

/// An operator's DDL is enough: nobody has to start anything anew.
#[tokio::test]
async fn it_is_examined_again_until_all_is_sound() {
    let mut world = World::new().await;
    world
        .run(DATA, "GRANT TRUNCATE ON app.users TO tenantry_tenant")
        .await
        .unwrap();
    let examinations = Examinations::new(world.doctor(), true);
    let waiting = tokio::spawn({
        let examinations = examinations.clone();
        async move { examinations.until_sound(Duration::from_millis(50)).await }
    });
    while examinations.last().is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!examinations.isolated() && !waiting.is_finished());
    world
        .run(DATA, "REVOKE TRUNCATE ON app.users FROM tenantry_tenant")
        .await
        .unwrap();
    timeout(Duration::from_mins(1), waiting).await.unwrap().unwrap();
    assert!(examinations.isolated());
}
