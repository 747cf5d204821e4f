//! Cost of a login by the iterations of its SCRAM verifier.

use std::time::Duration;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::Scenario;
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::{Client, Pgbench, Tally, closed};
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;
use crate::world::close;

const ROUNDS: usize = 5;
/// Seconds of a round.
const ROUND: u64 = 3;
/// Logins at once by sqlx.
const AT_ONCE: usize = 8;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "logins",
    summary: "logins a second with a SCRAM verifier of one iteration, against one of 4096",
    method: "One tenant has two logins, the one with a verifier of one iteration, as generated passwords get, the \
             other with PostgreSQL's own 4096. sqlx logs in and out from eight tasks at once; libpq (pgbench -C, \
             with a SELECT 1) one at a time. sqlx once more over TLS, the server's certificate verified in full. All \
             take turns.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(1)?;
    let tenant = tenants.first().context("there is a tenant")?;
    let pgbench = context
        .program(Program::Pgbench)?
        .map(|program| Pgbench::new(program, world))
        .transpose()?;
    let length = context.round(ROUND);
    block_on(async {
        let own = tenant.login()?;
        let second = world.second_logins(&tenants).await?;
        let second = second.first().context("the tenant has a second login")?;
        let stretched = tenant.spec.connect.clone();
        let stretched = stretched
            .username(&second.user)
            .password(second.password.expose_secret());
        let tls = context.tls().await?;
        let (mut cheap_sqlx, mut dear_sqlx, mut over_tls) = (Vec::new(), Vec::new(), Vec::new());
        let (mut cheap_libpq, mut dear_libpq) = (Vec::new(), Vec::new());
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            cheap_sqlx.push(by_sqlx(&tenant.spec.connect, length).await?);
            dear_sqlx.push(by_sqlx(&stretched, length).await?);
            if let Some(tls) = &tls {
                let connect = tls.connect(tenant.spec.connect.clone());
                over_tls.push(by_sqlx(&connect, length).await?);
            }
            if let Some(pgbench) = &pgbench {
                cheap_libpq.push(pgbench.logins(&own, 1, length).await?);
                dear_libpq.push(pgbench.logins(second, 1, length).await?);
            }
        }
        let other = "4096 iterations";
        let name = "sqlx, eight at once, one iteration";
        let mut figures = vec![Figure::compared(name, "/s", &cheap_sqlx, other, &dear_sqlx)];
        if tls.is_some() {
            let (name, other) = ("sqlx, eight at once, over TLS", "in plain");
            figures.push(Figure::compared(name, "/s", &over_tls, other, &cheap_sqlx));
        }
        if pgbench.is_some() {
            let name = "libpq, one at a time, one iteration";
            figures.push(Figure::compared(name, "/s", &cheap_libpq, other, &dear_libpq));
        }
        Ok(Outcome {
            figures,
            notes: Vec::new(),
            ..Outcome::default()
        })
    })
}

async fn by_sqlx(options: &PgConnectOptions, length: Duration) -> anyhow::Result<f64> {
    let clients = (0..AT_ONCE).map(|_| Login(options.clone())).collect();
    let tally: Tally = closed(clients, Duration::ZERO, length).await;
    match tally.first_error {
        Some(error) => anyhow::bail!("a login failed: {error}"),
        None => Ok(tally.rate()),
    }
}

/// Logs in and out.
struct Login(PgConnectOptions);

impl Client for Login {
    async fn ask(&mut self) -> Result<(), String> {
        let connected = self.0.connect().await;
        let connection = connected.map_err(|error| error.to_string())?;
        close(connection).await;
        Ok(())
    }
}
