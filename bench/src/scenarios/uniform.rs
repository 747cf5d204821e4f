//! Throughput of 1,000 equally likely tenants over 50 connections, whose ceiling is the rate of logins.

use std::time::Duration;

use anyhow::Context as _;
use schema::Login;

use super::Scenario;
use super::asking::Choice;
use super::budgeted::{BUDGET, Rounds};
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::{DRAIN_TIMEOUT, Pgbench};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::world::{BackendCounter, Tenant};

const ROUNDS: usize = 5;
/// Seconds of a round.
const ROUND: u64 = 8;
const WARM_UP: Duration = Duration::from_secs(1);
const TENANTS: usize = 1_000;
const CLIENTS: usize = 64;
/// pgbench's.
const LOGINS_AT_ONCE: u32 = 4;
/// For how long pgbench keeps each of as many sessions as the budget has: shorter than the engine's stay open, so that
/// logins are its ceiling and not the sleep.
const KEPT: Duration = Duration::from_millis(80);

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "uniform",
    summary: "1,000 tenants uniformly over a budget of 50 connections",
    method: "64 clients in a closed loop, each request a SELECT 1 (simple protocol) of a tenant drawn from 1,000. The \
             machine's own rate of logins is that of pgbench -C with four clients in four threads, as one tenant with \
             its verifier of one iteration, each session closed at once; and once more with 50 clients that keep each \
             session for 80 ms, since a session that has been idle costs more to close. PgBouncer has the same budget (max_db_connections, transaction mode), the \
             same tenants by logins with ordinary verifiers of 4096 iterations (and once more by those with one), \
             and a client's connection for each tenant, opened before the clock starts. All take turns. A superuser \
             counts the tenants' sessions every 5 ms; in the engine's rounds the database has CONNECTION LIMIT 50, so that \
             one session too many is an error. The engine once more over TLS, the server's certificate verified in full.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(context.count(TENANTS, 300))?;
    let pgbench = context
        .program(Program::Pgbench)?
        .map(|program| Pgbench::new(program, world))
        .transpose()?;
    let bouncer = context.program(Program::Pgbouncer)?;
    let length = context.round(ROUND);
    let rounds = Rounds {
        world,
        clients: CLIENTS,
        warm_up: WARM_UP,
        drain_timeout: DRAIN_TIMEOUT,
        length,
        choose: |client, tenants| Choice::any(tenants, client),
    };
    block_on(async {
        let second = world.second_logins(&tenants).await?;
        let own: Vec<Login> = tenants.iter().map(Tenant::login).collect::<Result<_, _>>()?;
        let login = own.first().context("there is a tenant")?;
        // pgbench keeps more sessions open than the store allows one tenant.
        let lift = format!("ALTER ROLE {} CONNECTION LIMIT -1", login.user);
        world.execute("postgres", lift).await?;
        let over_tls = context.tls().await?.map(|tls| tls.tenants(&tenants));
        let mut results = RoundResults::default();
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            if let Some(pgbench) = &pgbench {
                // Watched as the others are, for what that costs.
                let counter = BackendCounter::start(world).await?;
                let rate = pgbench.logins(login, LOGINS_AT_ONCE, length);
                results.logins.push(rate.await?);
                let rate = pgbench.logins_kept(login, BUDGET, KEPT, length);
                results.kept_logins.push(rate.await?);
                counter.stop().await?;
            }
            let ours = rounds.engine(&tenants).await?;
            results.ours.push(ours.tally.rate());
            results.errors.push(ours.tally.failures());
            results.most.push(ours.most);
            results.again.push(ours.again);
            results.first_error = results.first_error.or(ours.tally.first_error);
            if let Some(tenants) = &over_tls {
                let ours = rounds.engine(tenants).await?;
                results.tls.push(ours.tally.rate());
                results.tls_errors.push(ours.tally.failures());
                results.first_error = results.first_error.or(ours.tally.first_error);
            }
            if let Some(program) = &bouncer {
                let theirs = rounds
                    .bouncer(program.clone(), &second)
                    .await?
                    .without_failures()?;
                results.bouncer.push(theirs.tally.rate());
                results.bouncer_most.push(theirs.most);
                let cheap = rounds.bouncer(program.clone(), &own).await?.without_failures()?;
                results.cheap_bouncer.push(cheap.tally.rate());
            }
        }
        Ok(results.outcome())
    })
}

/// Results of the rounds.
#[derive(Default)]
struct RoundResults {
    ours: Vec<f64>,
    /// The engine over TLS.
    tls: Vec<f64>,
    tls_errors: Vec<f64>,
    errors: Vec<f64>,
    most: Vec<f64>,
    again: Vec<f64>,
    logins: Vec<f64>,
    /// With sessions that stay open for a while.
    kept_logins: Vec<f64>,
    bouncer: Vec<f64>,
    bouncer_most: Vec<f64>,
    /// PgBouncer by the logins whose verifiers have one iteration.
    cheap_bouncer: Vec<f64>,
    first_error: Option<String>,
}

impl RoundResults {
    fn outcome(self) -> Outcome {
        let mut figures = vec![
            Figure::new("requests that failed", "", &self.errors).never_above(0.0),
            Figure::new("sessions of tenants at most", "", &self.most).never_above(f64::from(BUDGET)),
            Figure::new(
                "logins that found no place (53300) and were tried again",
                "",
                &self.again,
            ),
        ];
        if !self.tls.is_empty() {
            figures.push(Figure::compared(
                "requests over TLS",
                "/s",
                &self.tls,
                "in plain",
                &self.ours,
            ));
            figures.push(Figure::new("requests over TLS that failed", "", &self.tls_errors).never_above(0.0));
        }
        if !self.logins.is_empty() {
            let other = "pgbench -C: logins";
            figures.push(
                Figure::compared("requests", "/s", &self.ours, other, &self.logins).ratio_at_least(0.9),
            );
            let other = "pgbench -C: logins, 50 sessions kept for 80 ms";
            figures.push(Figure::compared(
                "requests",
                "/s",
                &self.ours,
                other,
                &self.kept_logins,
            ));
        }
        if !self.bouncer.is_empty() {
            let other = "PgBouncer: requests";
            figures.push(
                Figure::compared("requests", "/s", &self.ours, other, &self.bouncer).ratio_at_least(1.5),
            );
            let other = "PgBouncer, verifiers of one iteration: requests";
            figures.push(Figure::compared(
                "requests",
                "/s",
                &self.ours,
                other,
                &self.cheap_bouncer,
            ));
            figures.push(Figure::new(
                "PgBouncer: sessions of tenants at most",
                "",
                &self.bouncer_most,
            ));
        }
        let error = self
            .first_error
            .map(|error| format!("The first failure: {error}"));
        Outcome {
            figures,
            notes: error.into_iter().collect(),
            ..Outcome::default()
        }
    }
}
