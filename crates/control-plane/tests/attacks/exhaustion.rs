//! Attacks on what all sessions of a server share, beside a budget with its watchdog, as the service has one. Others are
//! served all the while: another tenant's new login and its write, the control store, logins to each database; and the
//! attacker can be suspended.

use std::sync::Arc;
use std::time::Duration;

use control_plane::postgres::{Database, migrate};
use control_plane::{Actor, ControlPlane, ControlPlaneSettings, OperationState, Transition};
use futures_util::future::join_all;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use tenant_registry::{
    Budget, BudgetSettings, SentinelSettings, TenantId, TenantSource as _, WatchdogSettings,
};
use testkit::{LIMITS, TestServer, envelope};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{one as ask, role, run, sqlstate};

/// On a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const CONTROL: &str = "tenantry_control";
const DATA: &str = "tenantry_data";
/// Of this lock table one session may hold 640 entries.
const SETTINGS: &[(&str, &str)] = &[("max_connections", "200"), ("max_locks_per_transaction", "64")];

/// And all of a tenant's sessions together this many.
const OF_A_TENANT: usize = 1_920;

/// What a session of the attacker's sends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Script {
    /// These, one after another.
    Messages(&'static [&'static str]),
    /// A transaction with this in it so often, in one message.
    OneMessage(&'static str, usize),
    /// The same, in as many messages.
    RoundTrips(&'static str, usize),
    /// A `DO` whose blocks are so many deep, with this in each.
    Blocks(&'static str, usize),
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExhaustionAttempt {
    pub(crate) name: &'static str,
    script: Script,
    sessions: usize,
    /// A statement of another session, once the first one has begun.
    then: Option<&'static str>,
    /// What becomes of its sessions: one of these SQLSTATEs.
    expected: &'static str,
}

/// By one session.
pub(crate) const fn one(name: &'static str, script: Script, expected: &'static str) -> ExhaustionAttempt {
    several(name, script, 1, expected)
}

/// By so many sessions at once.
pub(crate) const fn several(
    name: &'static str,
    script: Script,
    sessions: usize,
    expected: &'static str,
) -> ExhaustionAttempt {
    ExhaustionAttempt {
        name,
        script,
        sessions,
        then: None,
        expected,
    }
}

/// By a session that holds a lock, and one that waits behind it with all others behind that.
pub(crate) const fn beside(
    name: &'static str,
    holds: &'static str,
    waits: &'static str,
    expected: &'static str,
) -> ExhaustionAttempt {
    ExhaustionAttempt {
        name,
        script: Script::OneMessage(holds, 1),
        sessions: 1,
        then: Some(waits),
        expected,
    }
}

/// A server of its own, since all of it is attacked, with two tenants and a watchdog.
pub(crate) struct WatchedCluster {
    server: TestServer,
    plane: ControlPlane,
    a: TenantId,
    b: TenantId,
    _budget: Budget,
}

impl WatchedCluster {
    /// With the pause between two samples.
    pub(crate) async fn new(interval: Duration) -> Self {
        let server = TestServer::bare_with(SETTINGS).await;
        for (database, name) in [(Database::Control, CONTROL), (Database::Data, DATA)] {
            migrate(&server.target(database, name, true), LIMITS)
                .await
                .unwrap();
        }
        let plane = ControlPlane::open(
            ControlPlaneSettings {
                control: server.cluster().clone(),
                control_database: CONTROL.parse().unwrap(),
                control_login: server.service().clone(),
                control_connections: 2,
                data: server.cluster().clone(),
                data_database: DATA.parse().unwrap(),
                data_login: server.service().clone(),
                max_connections_per_tenant: 5,
                // So many that the attacker's login takes all sessions that an attempt opens.
                instances: 10,
            },
            envelope(),
        );
        let (a, b) = (
            testkit::tenant(&plane, "a").await.id,
            testkit::tenant(&plane, "b").await.id,
        );
        let sentinel = SentinelSettings {
            connect: plane.sentinel_login(),
            end_backend: Some(Arc::new(ControlPlane::end_backend_sql)),
        };
        let budget = Budget::start(BudgetSettings {
            watchdog: Some(WatchdogSettings {
                interval,
                session_lock_percent: 5,
                tenant_lock_percent: 15,
                tenant_login: ControlPlane::TENANT_LOGIN.to_owned(),
                end_session: Arc::new(|_| ControlPlane::END_SESSION.to_owned()),
            }),
            ..BudgetSettings::new(sentinel)
        });
        let cluster = Self {
            server,
            plane,
            a,
            b,
            _budget: budget,
        };
        for tenant in [a, b] {
            let mut session = cluster.session(tenant).await.unwrap();
            run(&mut session, "INSERT INTO app.users (name) VALUES ('1')")
                .await
                .unwrap();
        }
        cluster.until_watched().await;
        cluster
    }

    /// Until the watchdog has what it needs.
    async fn until_watched(&self) {
        let watched = "SELECT EXISTS (SELECT FROM pg_stat_activity
            WHERE application_name = 'tenantry watchdog' AND state = 'idle in transaction')";
        let mut superuser = self.server.superuser(DATA).await;
        timeout(PATIENCE, async {
            while !ask::<bool>(&mut superuser, watched).await {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("the watchdog logs in");
    }

    /// Until the next sample was taken: from then on there is time up to the one after it.
    async fn until_sampled(&self, superuser: &mut PgConnection) {
        let sampled =
            "SELECT query_start::text FROM pg_stat_activity WHERE application_name = 'tenantry watchdog'";
        let before: String = ask(superuser, sampled).await;
        timeout(PATIENCE, async {
            while ask::<String>(superuser, sampled).await == before {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("the watchdog samples");
    }

    async fn session(&self, tenant: TenantId) -> Result<PgConnection, sqlx::Error> {
        let spec = self.plane.source().load(tenant).await.unwrap();
        spec.connect.connect().await
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{data}", DATA)
            .replace("{control}", CONTROL)
            .replace("{own}", &role(self.a))
            .replace("{other}", &role(self.b))
    }

    /// Makes the attempt, and returns what is wrong with what came of it.
    pub(crate) async fn hold(&self, attempt: &ExhaustionAttempt) -> Vec<String> {
        let attackers = self.attack(attempt).await;
        let mut wrong = Vec::new();
        // Others, from the first moment on to the last attacker's end, and once after it.
        let start = Instant::now();
        loop {
            let over = attackers.iter().all(JoinHandle::is_finished) || self.is_within_bounds(attempt).await;
            wrong.extend(self.others_are_served().await);
            if over || !wrong.is_empty() {
                break;
            }
            if start.elapsed() > PATIENCE {
                wrong.push("its sessions are not ended".to_owned());
                break;
            }
        }
        // It ends those that are within the bounds, too.
        wrong.extend(self.attacker_is_suspended().await);
        for outcome in join_all(attackers).await {
            let outcome = outcome.unwrap();
            if !attempt.expected.split(' ').any(|code| code == outcome) {
                wrong.push(format!(
                    "{} is expected of a session, not {outcome}",
                    attempt.expected
                ));
            }
        }
        for sentence in &mut wrong {
            *sentence = format!("{}: {sentence}", attempt.name);
        }
        wrong
    }

    /// The attacker's sessions, each up to what it is ended or refused with.
    async fn attack(&self, attempt: &ExhaustionAttempt) -> Vec<JoinHandle<String>> {
        let mut sessions = Vec::new();
        for _ in 0..attempt.sessions {
            sessions.push(self.session(self.a).await.unwrap());
        }
        let Some(waits) = attempt.then else {
            let messages = |session| tokio::spawn(send(session, self.messages(attempt.script)));
            return sessions.into_iter().map(messages).collect();
        };
        // At the same moment: the watchdog leaves the first one little time.
        let mut second = self.session(self.a).await.unwrap();
        let mut first = sessions.remove(0);
        let waits = self.fill(waits);
        run(&mut second, "SELECT 1").await.unwrap();
        for message in self.messages(attempt.script) {
            run(&mut first, &message).await.unwrap();
        }
        vec![
            tokio::spawn(send(first, Vec::new())),
            tokio::spawn(send(second, vec![waits])),
        ]
    }

    /// Whether what all of its sessions hold together is what one tenant may hold, and they hold still.
    async fn is_within_bounds(&self, attempt: &ExhaustionAttempt) -> bool {
        let within = format!(
            "SELECT (SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE usename = '{0}_a' AND NOT fastpath) <= {1}
                AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = '{0}_a' AND query !~ 'pg_sleep')",
            role(self.a),
            OF_A_TENANT,
        );
        attempt.sessions > 8 && ask::<bool>(&mut self.server.superuser("postgres").await, &within).await
    }

    fn messages(&self, script: Script) -> Vec<String> {
        let begin = "BEGIN".to_owned();
        match script {
            Script::Messages(messages) => messages.iter().map(|sql| self.fill(sql)).collect(),
            Script::OneMessage(sql, times) => {
                vec![begin, format!("{};", self.fill(sql)).repeat(times)]
            }
            Script::RoundTrips(sql, times) => {
                let message = self.fill(sql);
                std::iter::once(begin)
                    .chain(std::iter::repeat_n(message, times))
                    .collect()
            }
            Script::Blocks(sql, depth) => vec![format!(
                "DO $$ BEGIN {} PERFORM pg_sleep(600); {} END $$",
                format!("BEGIN {sql}; ").repeat(depth),
                "EXCEPTION WHEN division_by_zero THEN NULL; END; ".repeat(depth)
            )],
        }
    }

    /// What goes wrong for those who have nothing to do with it.
    async fn others_are_served(&self) -> Vec<String> {
        let work = async {
            let mut b = self.session(self.b).await?;
            run(&mut b, "INSERT INTO app.users (name) VALUES ('x')").await?;
            run(
                &mut b,
                "BEGIN; UPDATE app.users SET name = 'y'; SELECT app.delete_user(id) FROM app.users; COMMIT",
            )
            .await?;
            b.close().await?;
            for database in [DATA, CONTROL, "postgres"] {
                let login = self.server.superuser_login();
                self.server.connect(login, database).await?.close().await?;
            }
            Ok::<_, sqlx::Error>(())
        };
        let mut wrong = Vec::new();
        match timeout(PATIENCE, work).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => wrong.push(format!("others are not served: {error}")),
            Err(_) => wrong.push("others wait".to_owned()),
        }
        match timeout(PATIENCE, self.plane.store().mark_active(&[self.b])).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => wrong.push(format!("the control store fails: {error}")),
            Err(_) => wrong.push("the control store waits".to_owned()),
        }
        wrong
    }

    /// There and back, so that the next attempt finds it as this one did.
    async fn attacker_is_suspended(&self) -> Option<String> {
        for transition in [Transition::Suspend, Transition::Resume] {
            let actor = Actor::service("ops");
            let led = async {
                let started = self
                    .plane
                    .transition(&actor, self.a, transition, None)
                    .await
                    .unwrap();
                let (_, operation) = started.within(&self.plane, PATIENCE).await.unwrap();
                operation.is_none_or(|operation| operation.state == OperationState::Succeeded)
            };
            if !led.await {
                return Some(format!("{transition:?} of the attacker fails"));
            }
        }
        let reset = format!("ALTER ROLE {}_a RESET ALL", role(self.a));
        run(&mut self.server.superuser("postgres").await, &reset)
            .await
            .unwrap();
        None
    }
}

/// What becomes of a session that sends these, and then holds what it has.
async fn send(mut session: PgConnection, messages: Vec<String>) -> String {
    for message in &messages {
        if let Err(error) = run(&mut session, message).await {
            return outcome(&error);
        }
    }
    match run(&mut session, "SELECT pg_sleep(600)").await {
        Ok(_) => "nothing".to_owned(),
        Err(error) => outcome(&error),
    }
}

/// A session whose socket was closed while it sent was ended, too.
fn outcome(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(_) => "57P01".to_owned(),
        error => sqlstate(error),
    }
}

/// Whatever is tried at once, on a lock table that is as small as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_and_the_attacker_is_ended() {
    let cluster = WatchedCluster::new(Duration::from_millis(20)).await;
    let mut through = Vec::new();
    for attempt in crate::table::EXHAUSTION {
        through.extend(cluster.hold(attempt).await);
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
}

/// The watchdog was late: the lock table is full, no session can write or begin, and the attacker does not let go. What
/// the watchdog needs it has beforehand.
#[tokio::test]
async fn a_full_lock_table_is_emptied() {
    let cluster = WatchedCluster::new(Duration::from_secs(6)).await;
    let mut superuser = cluster.server.superuser(DATA).await;
    // As where no superuser has closed them: nothing fills the table sooner.
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
        // A superuser's own look may find no room either.
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
    .expect("the attacker is ended");
    assert_eq!(cluster.others_are_served().await, Vec::<String>::new());
    assert_eq!(cluster.attacker_is_suspended().await, None);
}

/// Where nobody could give the watchdog its right, the provisioners' functions do it.
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
        assert_eq!(cluster.hold(&attempt).await, Vec::<String>::new());
    }
}

/// What a session's work takes, its NOTIFY and its start is let be.
#[tokio::test]
async fn an_ordinary_session_is_let_be() {
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
