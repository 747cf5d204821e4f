//! Checks of an attempt: its expected outcome, and no other effect.

use tokio::time::timeout;
use uuid::Uuid;

use crate::attempt::{Attempt, Expected};
use crate::execute::{Outcome, execute};
use crate::fixture::{AttackFixture, Session, Way};
use crate::support::run;

/// An unused name, as long as those of `b`.
const UNUSED_NAME: &str = "nothing 0123456789abcdef0123456789abcdef 1";

/// All schemas of the tenants' database.
const SCHEMAS: [&str; 8] = [
    "app",
    "public",
    "tenantry",
    "granter",
    "watchdog",
    "provisioner_00",
    "pg_temp",
    "pg_catalog",
];

impl AttackFixture {
    /// Makes the attempt in all ways, and returns what went wrong, a sentence each.
    pub(crate) async fn check(&mut self, attempt: &Attempt) -> Vec<String> {
        let ways: &[Way] = match attempt.database {
            None => &[Way::Service, Way::Stolen],
            Some(_) => &[Way::Stolen],
        };
        let mut wrong = Vec::new();
        for way in ways {
            let before = wrong.len();
            self.check_way(attempt, *way, &mut wrong).await;
            for sentence in &mut wrong[before..] {
                *sentence = format!("{:?}, {}: {sentence}\n    {}", way, attempt.name, attempt.sql);
            }
            self.restore().await;
        }
        if self.read_rights().await != self.rights {
            wrong.push(format!("{}: it changed rights", attempt.name));
        }
        wrong
    }

    async fn check_way(&mut self, attempt: &Attempt, way: Way, wrong: &mut Vec<String>) {
        let expected = match attempt.unguarded {
            Some(unguarded) if !self.guarded => unguarded,
            _ => attempt.expected,
        };
        // The query about `b` comes second, with warm caches.
        let mut unknown = None;
        if let Expected::DisclosesNothing = expected {
            unknown = Some(self.ask_about_unknown(attempt, way, wrong).await);
        }
        let (b, user, name) = (
            self.tenants.b.as_uuid(),
            self.tenants.user_of_b,
            self.name.clone(),
        );
        let sql = self.fill(attempt.sql, b, user, &name);
        // What the attacker sent itself is not disclosed.
        let known = sql.contains(&name).then_some(&*name);
        for outcome in self.execute_once(attempt, way, &sql, wrong).await {
            wrong.extend(self.compare(&outcome, expected));
            wrong.extend(self.disclosed(&outcome, known));
            let theirs = masked(&outcome, &b.to_string(), user, &name);
            // The other tenant's writes let the table grow: if a page was added between the two queries, a third one is
            // like the second.
            if let Some(before) = unknown.as_ref().filter(|before| **before != theirs) {
                let after = self.ask_about_unknown(attempt, way, wrong).await;
                if after != theirs {
                    wrong.push(format!(
                        "it differs from an unknown tenant's:\n  {theirs}\n  {before}\n  {after}"
                    ));
                }
            }
        }
    }

    /// The answer when the attempt names a tenant that does not exist.
    async fn ask_about_unknown(&mut self, attempt: &Attempt, way: Way, wrong: &mut Vec<String>) -> String {
        let (unknown, user) = (Uuid::new_v4(), Uuid::new_v4());
        let sql = self.fill(attempt.sql, unknown, user, UNUSED_NAME);
        let outcome = self.execute_once(attempt, way, &sql, wrong).await.remove(0);
        masked(&outcome, &unknown.to_string(), user, UNUSED_NAME)
    }

    /// One session of the attacker. `b` has an open transaction meanwhile, and works on after it.
    async fn execute_once(
        &mut self,
        attempt: &Attempt,
        way: Way,
        sql: &str,
        wrong: &mut Vec<String>,
    ) -> Vec<Outcome> {
        let (marker, user) = (&self.marker, self.tenants.user_of_b);
        let open = format!(
            "/* {marker} */ BEGIN; UPDATE app.users SET confirmed = NOT confirmed WHERE id = '{user}'"
        );
        run(&mut self.victim, &open).await.unwrap();
        self.notices.take();
        let (outcomes, session) = self.attack(attempt, way, sql).await;
        if run(&mut self.victim, "ROLLBACK").await.is_err() {
            wrong.push("it ended the other tenant's session".to_owned());
        }
        let patience = self.patience.as_millis();
        let work = format!(
            "/* {marker} */ BEGIN; SET LOCAL lock_timeout = {patience}; INSERT INTO app.users (name) VALUES ('x');
             UPDATE app.users SET name = name WHERE id = '{user}'; SELECT app.delete_user('{user}'); ROLLBACK"
        );
        if let Err(error) = run(&mut self.victim, &work).await {
            wrong.push(format!("the other tenant cannot work: {error}"));
            // If its session is gone, the next attempt reports that.
            let _closed = run(&mut self.victim, "ROLLBACK").await;
        }
        if let Some(session) = session {
            session.end().await;
        }
        if self.read_rows().await != self.rows {
            wrong.push("it changed the other tenant's rows".to_owned());
        }
        outcomes
    }

    /// Executes the attempt's statements in one session.
    async fn attack(&self, attempt: &Attempt, way: Way, sql: &str) -> (Vec<Outcome>, Option<Session>) {
        let mut session = match self.enter(way, attempt).await {
            Ok(session) => session,
            Err(error) => return (vec![Outcome::refused(&error)], None),
        };
        let mut outcomes = Vec::new();
        for sql in in_every_schema(sql) {
            let executed = timeout(self.patience, execute(session.connection(), &sql)).await;
            let mut outcome = executed.unwrap_or_else(|_| Outcome {
                refusal: Some("none: it waits, and others queue behind it".to_owned()),
                ..Outcome::default()
            });
            outcome.said.push_str(&self.notices.take());
            outcomes.push(outcome);
        }
        (outcomes, Some(session))
    }

    fn compare(&self, outcome: &Outcome, expected: Expected) -> Option<String> {
        let holds = match expected {
            Expected::Refused(codes) => codes
                .split(' ')
                .any(|code| outcome.refusal.as_deref() == Some(code)),
            Expected::Gives(rows) => outcome.refusal.is_none() && outcome.rows == rows,
            Expected::Changes(rows) => outcome.refusal.is_none() && outcome.touched == rows,
            Expected::DisclosesNothing => outcome.refusal.is_none(),
            Expected::Allowed(_) => true,
        };
        (!holds).then(|| format!("{expected:?} on {}, but {outcome:?}", self.major))
    }

    /// What of `b` the attacker has received.
    fn disclosed(&self, outcome: &Outcome, known: Option<&str>) -> Option<String> {
        let text = format!("{}\n{}", outcome.rows, outcome.said);
        let text = known.map_or(text.clone(), |known| text.replace(known, ""));
        text.contains(&self.marker)
            .then(|| format!("it disclosed the other tenant: {text}"))
    }
}

fn in_every_schema(sql: &str) -> Vec<String> {
    if sql.contains("{schema}") {
        SCHEMAS
            .iter()
            .map(|schema| sql.replace("{schema}", schema))
            .collect()
    } else {
        vec![sql.to_owned()]
    }
}

/// The outcome without the attacker's own values, and without the planning costs, which depend on the catalogue cache.
fn masked(outcome: &Outcome, tenant: &str, user: Uuid, name: &str) -> String {
    let rows = outcome.rows.split(";Planning").next().unwrap();
    format!("{rows} {:?} {}", outcome.refusal, outcome.said)
        .replace(tenant, "TENANT")
        .replace(&user.to_string(), "USER")
        .replace(name, "NAME")
}
