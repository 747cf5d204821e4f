//! Checks of an attempt: others are served, and the attacker's sessions end.

use control_plane::{Actor, OperationState, Revisions, Transition};
use futures_util::future::join_all;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::attempt::{ExhaustionAttempt, Script};
use super::watched_cluster::WatchedCluster;
use super::{CONTROL, DATA, OF_A_TENANT, PATIENCE};
use crate::support::{one as ask, role, run, sqlstate};

impl WatchedCluster {
    /// Makes the attempt, and returns what went wrong.
    pub(crate) async fn check(&self, attempt: &ExhaustionAttempt) -> Vec<String> {
        let attackers = self.attack(attempt).await;
        let mut wrong = Vec::new();
        // Checks others from the start to the end of the last attacker, and once after it.
        let start = Instant::now();
        loop {
            let finished =
                attackers.iter().all(JoinHandle::is_finished) || self.is_within_bounds(attempt).await;
            wrong.extend(self.others_are_served().await);
            if finished || !wrong.is_empty() {
                break;
            }
            if start.elapsed() > PATIENCE {
                wrong.push("its sessions are not ended".to_owned());
                break;
            }
        }
        // This also ends sessions within the bounds.
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

    /// Runs the attacker's sessions. Each returns the SQLSTATE that it ended with.
    async fn attack(&self, attempt: &ExhaustionAttempt) -> Vec<JoinHandle<String>> {
        let mut sessions = Vec::new();
        for _ in 0..attempt.sessions {
            sessions.push(self.session(self.a).await.unwrap());
        }
        let Some(waits) = attempt.then else {
            let messages = |session| tokio::spawn(send(session, self.messages(attempt.script)));
            return sessions.into_iter().map(messages).collect();
        };
        // The second session is opened first: the watchdog soon ends the one that holds the lock.
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

    /// Whether all sessions are idle and together hold no more than one tenant may.
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

    /// What goes wrong for others.
    pub(super) async fn others_are_served(&self) -> Vec<String> {
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

    /// Suspends and resumes the attacker, so that the next attempt starts in the same state.
    pub(super) async fn attacker_is_suspended(&self) -> Option<String> {
        for transition in [Transition::Suspend, Transition::Resume] {
            let actor = Actor::service("ops");
            let succeeded = async {
                let started = self
                    .plane
                    .transition(&actor, self.a, transition, &Revisions::ANY)
                    .await
                    .unwrap();
                let (_, operation) = started.within(&self.plane, PATIENCE).await.unwrap();
                operation.is_none_or(|operation| operation.state == OperationState::Succeeded)
            };
            if !succeeded.await {
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

/// Sends the messages and keeps the session open. Returns the SQLSTATE that it ended with.
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

/// The SQLSTATE. A connection that was closed while sending counts as ended.
fn outcome(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(_) => "57P01".to_owned(),
        error => sqlstate(error),
    }
}
