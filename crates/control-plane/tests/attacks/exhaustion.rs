//! Exhaustion of resources that all sessions of a server share, beside a budget with its watchdog, like the service's.
//! Others are served all the time: another tenant's new login and write, the control store, logins to each database. And
//! the attacker can be suspended.

pub(crate) mod attempt;
mod check;
mod watched_cluster;

use std::time::Duration;

use sqlx::Connection as _;
use tokio::time::{Instant, sleep, timeout};

use self::attempt::{Script, beside, one};
use self::watched_cluster::WatchedCluster;
use crate::support::{one as ask, role, run, sqlstate};

/// Generous, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const CONTROL: &str = "tenantry_control";
const DATA: &str = "tenantry_data";
/// One session may hold 640 entries of this lock table.
const SETTINGS: &[(&str, &str)] = &[("max_connections", "200"), ("max_locks_per_transaction", "64")];

/// All of a tenant's sessions together may hold this many.
const OF_A_TENANT: usize = 1_920;

/// All attempts, on a lock table of minimal size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_and_the_attacker_is_ended() {
    let cluster = WatchedCluster::new(Duration::from_millis(20)).await;
    let mut failures = Vec::new();
    for attempt in crate::table::EXHAUSTION {
        failures.extend(cluster.check(attempt).await);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The watchdog was late: the lock table is full, no session can write or log in, and the attacker keeps its locks. The
/// watchdog has acquired what it needs beforehand.
#[tokio::test]
async fn a_full_lock_table_is_emptied() {
    let cluster = WatchedCluster::new(Duration::from_secs(6)).await;
    let mut superuser = cluster.server.superuser(DATA).await;
    // Advisory locks are open, as without a superuser: nothing fills the table faster.
    run(
        &mut superuser,
        "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC",
    )
    .await
    .unwrap();
    let mut attacker = cluster.session(cluster.a).await.unwrap();
    cluster.until_sampled(&mut superuser).await;
    let fill = "SELECT count(pg_advisory_lock(n)) FROM generate_series(1, 100000) AS n";
    let error = run(&mut attacker, fill).await.unwrap_err();
    assert_eq!(sqlstate(&error), "53200", "{error}");
    let refused = cluster.session(cluster.b).await;
    assert_eq!(sqlstate(&refused.unwrap_err()), "53200");

    let held = format!(
        "SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE pg_get_userbyid(usesysid) = '{}_a'",
        role(cluster.a)
    );
    timeout(PATIENCE, async {
        // The superuser's own query may fail too.
        while sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(held.clone()))
            .fetch_one(&mut superuser)
            .await
            .unwrap_or(1)
            > 0
        {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the attacker's session ends");
    assert_eq!(cluster.others_are_served().await, Vec::<String>::new());
    assert_eq!(cluster.attacker_is_suspended().await, None);
}

/// Without its right, the watchdog uses the provisioners' functions.
#[tokio::test]
async fn a_watchdog_without_its_right_ends_sessions_by_the_provisioners() {
    let cluster = WatchedCluster::new(Duration::from_millis(20)).await;
    let mut superuser = cluster.server.superuser("postgres").await;
    run(&mut superuser, "REVOKE pg_signal_backend FROM tenantry_watchdog")
        .await
        .unwrap();
    for attempt in [
        one(
            "savepoints",
            Script::OneMessage("SAVEPOINT s; INSERT INTO app.users (name) VALUES ('x')", 5_000),
            "57P01",
        ),
        beside(
            "a database renamed",
            "BEGIN; ALTER ROLE CURRENT_USER IN DATABASE {control} SET application_name = 'x'",
            "ALTER DATABASE {control} RENAME TO z",
            "57P01 42501",
        ),
    ] {
        assert_eq!(cluster.check(&attempt).await, Vec::<String>::new());
    }
}

/// The locks of ordinary work, of a NOTIFY and of a login do not end a session.
#[tokio::test]
async fn an_ordinary_session_is_not_ended() {
    let cluster = WatchedCluster::new(Duration::from_millis(1)).await;
    let mut b = cluster.session(cluster.b).await.unwrap();
    let (pid, started) = (
        ask::<i32>(&mut b, "SELECT pg_backend_pid()").await,
        Instant::now(),
    );
    while started.elapsed() < Duration::from_secs(2) {
        let work = "BEGIN; INSERT INTO app.users (name) VALUES ('x'); NOTIFY news, 'x'; SAVEPOINT s;
            UPDATE app.users SET name = 'y'; RELEASE s; SELECT count(*) FROM pg_stat_all_tables; COMMIT";
        run(&mut b, work).await.unwrap();
        cluster.session(cluster.b).await.unwrap().close().await.unwrap();
    }
    assert_eq!(ask::<i32>(&mut b, "SELECT pg_backend_pid()").await, pid);
}

/// Sends a signal to a backend's process; false when the process has ended. A stopped process simulates a statement that
/// PostgreSQL cannot interrupt, such as `xpath` over a large document.
fn signal(signal: &str, backend: i32) -> bool {
    let kill = std::process::Command::new("kill")
        .args([signal, &backend.to_string()])
        .status();
    kill.unwrap().success()
}

/// Sessions that cannot be ended keep their locks, and their tenant cannot open others until they have ended.
#[tokio::test]
async fn a_login_whose_sessions_cannot_be_interrupted_is_closed() {
    let cluster = WatchedCluster::new(Duration::from_millis(20)).await;
    let mut superuser = cluster.server.superuser("postgres").await;
    let limit = format!(
        "SELECT rolconnlimit FROM pg_roles WHERE rolname = '{}_a'",
        role(cluster.a)
    );
    let before: i32 = ask(&mut superuser, &limit).await;
    let mut idle = cluster.session(cluster.a).await.unwrap();
    let mut stuck = Vec::new();
    let start = Instant::now();
    // The last sessions hold few locks: each must be stopped before the watchdog counts one too many.
    while ask::<i32>(&mut superuser, &limit).await == before {
        assert!(start.elapsed() < PATIENCE, "the login is not closed");
        // The watchdog may end a session before the signal: then it is not stuck.
        let Ok(mut session) = cluster.session(cluster.a).await else {
            continue;
        };
        let pid = sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()");
        let Ok(backend) = pid.fetch_one(&mut session).await else {
            continue;
        };
        let takes = if stuck.len() < 6 { 300 } else { 200 };
        let takes = "SAVEPOINT s; INSERT INTO app.users (name) VALUES ('x');".repeat(takes);
        if run(&mut session, &format!("BEGIN; {takes}")).await.is_ok() && signal("-STOP", backend) {
            stuck.push((session, backend));
        }
    }
    assert_eq!(ask::<i32>(&mut superuser, &limit).await, 1);
    timeout(PATIENCE, async {
        while idle.ping().await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("sessions without locks end too");
    let refused = cluster.session(cluster.a).await;
    assert_eq!(sqlstate(&refused.unwrap_err()), "53300");
    assert_eq!(cluster.others_are_served().await, Vec::<String>::new());

    for (_, backend) in &stuck {
        signal("-CONT", *backend);
    }
    // Like the upkeep, once a minute. The watchdog may close the login again until it has seen the stuck sessions end.
    timeout(PATIENCE, async {
        let mut open = 0;
        while open < 50 {
            cluster.plane.set_login_limits().await.unwrap();
            sleep(Duration::from_millis(10)).await;
            let is_open = ask::<i32>(&mut superuser, &limit).await == before;
            open = if is_open { open + 1 } else { 0 };
        }
    })
    .await
    .expect("the login is open again");
    cluster.session(cluster.a).await.unwrap().close().await.unwrap();
    assert_eq!(cluster.attacker_is_suspended().await, None);
}
