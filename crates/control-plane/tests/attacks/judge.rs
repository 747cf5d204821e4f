//! Whether an attempt came to what is expected, and to nothing else.

use tokio::time::timeout;
use uuid::Uuid;

use crate::attempt::{Attempt, Expected};
use crate::scene::{Scene, Session, Way};
use crate::strike::{Outcome, strike};
use crate::support::run;

/// A name that nobody has, as long as those of `b`.
const NOBODYS_NAME: &str = "nothing 0123456789abcdef0123456789abcdef 1";

/// All schemas of the tenants' database, and those that every database has.
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

impl Scene {
    /// Makes the attempt by all ways, and returns what is wrong with what came of it, a sentence each.
    pub(crate) async fn judge(&mut self, attempt: &Attempt) -> Vec<String> {
        let ways: &[Way] = match attempt.database {
            None => &[Way::Service, Way::Stolen],
            Some(_) => &[Way::Stolen],
        };
        let mut wrong = Vec::new();
        for way in ways {
            let before = wrong.len();
            self.judge_one(attempt, *way, &mut wrong).await;
            for sentence in &mut wrong[before..] {
                *sentence = format!("{:?}, {}: {sentence}\n    {}", way, attempt.name, attempt.sql);
            }
            self.restore().await;
        }
        if self.look_at_rights().await != self.rights {
            wrong.push(format!("{}: it changed who may do what", attempt.name));
        }
        wrong
    }

    async fn judge_one(&mut self, attempt: &Attempt, way: Way, wrong: &mut Vec<String>) {
        let expected = match attempt.unguarded {
            Some(unguarded) if !self.guarded => unguarded,
            _ => attempt.expected,
        };
        // The one who is asked about comes second: caches are warm then.
        let mut nobodys = None;
        if let Expected::TellsNothing = expected {
            nobodys = Some(self.nobodys(attempt, way, wrong).await);
        }
        let (b, user, name) = (self.world.b.as_uuid(), self.world.user_of_b, self.name.clone());
        let sql = self.fill(attempt.sql, b, user, &name);
        // What the attacker said itself is no news to it.
        let known = sql.contains(&name).then_some(&*name);
        for outcome in self.strike_once(attempt, way, &sql, wrong).await {
            wrong.extend(self.compare(&outcome, expected));
            wrong.extend(self.told(&outcome, known));
            let theirs = masked(&outcome, &b.to_string(), user, &name);
            // What the other does meanwhile lets the table grow: where that was by a page between the two, the one
            // after it is alike.
            if let Some(before) = nobodys.as_ref().filter(|before| **before != theirs) {
                let after = self.nobodys(attempt, way, wrong).await;
                if after != theirs {
                    wrong.push(format!(
                        "it is told from nobody's:\n  {theirs}\n  {before}\n  {after}"
                    ));
                }
            }
        }
    }

    /// What is answered when the attempt is on a tenant that there is not.
    async fn nobodys(&mut self, attempt: &Attempt, way: Way, wrong: &mut Vec<String>) -> String {
        let (nobody, user) = (Uuid::new_v4(), Uuid::new_v4());
        let sql = self.fill(attempt.sql, nobody, user, NOBODYS_NAME);
        let outcome = self.strike_once(attempt, way, &sql, wrong).await.remove(0);
        masked(&outcome, &nobody.to_string(), user, NOBODYS_NAME)
    }

    /// One session, from its beginning to its end. `b` has a change open all the while, and works on after it.
    async fn strike_once(
        &mut self,
        attempt: &Attempt,
        way: Way,
        sql: &str,
        wrong: &mut Vec<String>,
    ) -> Vec<Outcome> {
        let (marker, user) = (&self.marker, self.world.user_of_b);
        let open = format!(
            "/* {marker} */ BEGIN; UPDATE app.users SET confirmed = NOT confirmed WHERE id = '{user}'"
        );
        run(&mut self.victim, &open).await.unwrap();
        self.notices.take();
        let (outcomes, session) = self.attack(attempt, way, sql).await;
        if run(&mut self.victim, "ROLLBACK").await.is_err() {
            wrong.push("it ended the other's session".to_owned());
        }
        let patience = self.patience.as_millis();
        let work = format!(
            "/* {marker} */ BEGIN; SET LOCAL lock_timeout = {patience}; INSERT INTO app.users (name) VALUES ('x');
             UPDATE app.users SET name = name WHERE id = '{user}'; SELECT app.delete_user('{user}'); ROLLBACK"
        );
        if let Err(error) = run(&mut self.victim, &work).await {
            wrong.push(format!("the other cannot work: {error}"));
            // Where its session is gone, the next attempt will tell.
            let _closed = run(&mut self.victim, "ROLLBACK").await;
        }
        if let Some(session) = session {
            session.end().await;
        }
        if self.look_at_rows().await != self.rows {
            wrong.push("it changed the other's rows".to_owned());
        }
        outcomes
    }

    /// All that the attacker sends, in one session.
    async fn attack(&self, attempt: &Attempt, way: Way, sql: &str) -> (Vec<Outcome>, Option<Session>) {
        let mut session = match self.enter(way, attempt).await {
            Ok(session) => session,
            Err(error) => return (vec![Outcome::refused(&error)], None),
        };
        let mut outcomes = Vec::new();
        for sql in in_every_schema(sql) {
            let struck = timeout(self.patience, strike(session.connection(), &sql)).await;
            let mut outcome = struck.unwrap_or_else(|_| Outcome {
                refusal: Some("none: it waits, and others behind it".to_owned()),
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
            Expected::TellsNothing => outcome.refusal.is_none(),
            Expected::LetBe(_) => true,
        };
        (!holds).then(|| format!("{expected:?} on {}, but {outcome:?}", self.major))
    }

    /// What of `b` is in the attacker's hands.
    fn told(&self, outcome: &Outcome, known: Option<&str>) -> Option<String> {
        let text = format!("{}\n{}", outcome.rows, outcome.said);
        let text = known.map_or(text.clone(), |known| text.replace(known, ""));
        text.contains(&self.marker)
            .then(|| format!("it was told of the other: {text}"))
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

/// Without what the attacker itself named, and without what planning cost: that is the catalogue's cache, which others
/// change at any time.
fn masked(outcome: &Outcome, tenant: &str, user: Uuid, name: &str) -> String {
    let rows = outcome.rows.split(";Planning").next().unwrap();
    format!("{rows} {:?} {}", outcome.refusal, outcome.said)
        .replace(tenant, "TENANT")
        .replace(&user.to_string(), "USER")
        .replace(name, "NAME")
}
