//! A service with tenants, against one without: the same handlers, the same router, the same server.

mod cases;
mod ordinary;
mod plane;
mod serve;
mod tenancy;
mod user;

use std::time::Duration;

use self::cases::{Case, Servers};
use super::Scenario;
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::load::Wrk;
use crate::programs::Program;
use crate::progress;
use crate::run::Outcome;

const ROUNDS: usize = 7;
/// Seconds of a round.
const ROUND: u64 = 3;
const CLIENTS: u32 = 32;
/// Of the ordinary pool, and of the hot tenant.
const CONNECTIONS: u32 = 10;
/// Tenants beside the hot one.
const TENANTS: usize = 20;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "service",
    summary: "requests a second of a service with tenants, against the same one without",
    method: "axum lists 10 of 100 users as JSON, by one statement or by two (count and list). With tenants: a layer \
             leases by a header, an extractor gives the handler its database, a table under row level security. \
             Without: one sqlx::PgPool of 10 connections, test_before_acquire off, an ordinary login and table, an \
             index on (created_at, id). The tenants' table has 100 users of each of 1,000 other tenants as well. wrk asks from 32 connections. One hot tenant has 10 connections; of 20 \
             tenants, asked in turn, each has one, since a connection belongs to a login. The two sides take turns.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(1 + TENANTS)?;
    let Some(wrk) = context.program(Program::Wrk)? else {
        return Ok(Outcome {
            figures: Vec::new(),
            notes: vec!["Not measured: it needs wrk, which was left out.".to_owned()],
        });
    };
    let length = context.round(ROUND);
    block_on(async {
        world.quiet().await?;
        let servers = Servers::start(world, &tenants).await?;
        let mut outcome = Outcome::default();
        for case in cases::all(&tenants) {
            progress::say(format_args!("  {}", case.name));
            let rounds = context.rounds(ROUNDS);
            outcome
                .figures
                .push(measure(&servers, &case, wrk.clone(), rounds, length).await?);
        }
        servers.stop().await;
        Ok(outcome)
    })
}

async fn measure(
    servers: &Servers,
    case: &Case,
    wrk: std::path::PathBuf,
    rounds: usize,
    length: Duration,
) -> anyhow::Result<Figure> {
    let with = Wrk::new(wrk.clone(), case.path, &case.tenants)?;
    let without = Wrk::new(wrk, case.ordinary_path, &case.tenants)?;
    // Connections open and statements are prepared before anything counts.
    let warm_up = Duration::from_secs(1);
    let (ours, theirs) = (servers.of(case), servers.ordinary());
    with.rate(ours, CLIENTS, warm_up).await?;
    without.rate(theirs, CLIENTS, warm_up).await?;
    let (mut tenancy, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        tenancy.push(with.rate(ours, CLIENTS, length).await?);
        plain.push(without.rate(theirs, CLIENTS, length).await?);
    }
    let figure = Figure::compared(case.name, "/s", &tenancy, "one PgPool without tenants", &plain);
    Ok(match case.target {
        Some(target) => figure.ratio_at_least(target),
        None => figure,
    })
}
