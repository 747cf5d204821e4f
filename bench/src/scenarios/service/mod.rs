//! A service with tenants, against one without: the same handlers, the same router, the same server.

mod cases;
mod ordinary;
mod plane;
mod serve;
mod tenancy;
mod user;

use std::net::SocketAddr;
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
             tenants, asked in turn, each has one, since a connection belongs to a login. The two sides take turns. The hot tenant once more over TLS, against itself in plain.",
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
        let tls = context.tls().await?;
        let servers = Servers::start(world, &tenants, tls.as_ref()).await?;
        let mut outcome = Outcome::default();
        for case in cases::all(&tenants) {
            progress::say(format_args!("  {}", case.name));
            let rounds = context.rounds(ROUNDS);
            outcome
                .figures
                .push(measure(&servers, &case, wrk.clone(), rounds, length).await?);
        }
        if let Some(over_tls) = servers.over_tls() {
            progress::say(format_args!("  over TLS"));
            for case in cases::of_the_hot_tenant(&tenants) {
                let sides = Sides {
                    name: format!("{}, over TLS", case.name),
                    one: (over_tls, Wrk::new(wrk.clone(), case.path, &case.tenants)?),
                    other_name: "the same in plain",
                    other: (
                        servers.of(&case),
                        Wrk::new(wrk.clone(), case.path, &case.tenants)?,
                    ),
                };
                let rounds = context.rounds(ROUNDS);
                outcome.figures.push(sides.measure(rounds, length).await?);
            }
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
    let sides = Sides {
        name: case.name.to_owned(),
        one: (servers.of(case), Wrk::new(wrk.clone(), case.path, &case.tenants)?),
        other_name: "one PgPool without tenants",
        other: (
            servers.ordinary(),
            Wrk::new(wrk, case.ordinary_path, &case.tenants)?,
        ),
    };
    let figure = sides.measure(rounds, length).await?;
    Ok(match case.target {
        Some(target) => figure.ratio_at_least(target),
        None => figure,
    })
}

/// Two servers that take turns, each asked in its own way.
struct Sides {
    name: String,
    one: (SocketAddr, Wrk),
    other_name: &'static str,
    other: (SocketAddr, Wrk),
}

impl Sides {
    async fn measure(&self, rounds: usize, length: Duration) -> anyhow::Result<Figure> {
        // Connections open and statements are prepared before anything counts.
        let warm_up = Duration::from_secs(1);
        let rate = async |side: &(SocketAddr, Wrk), length| side.1.rate(side.0, CLIENTS, length).await;
        rate(&self.one, warm_up).await?;
        rate(&self.other, warm_up).await?;
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            one.push(rate(&self.one, length).await?);
            other.push(rate(&self.other, length).await?);
        }
        let name = self.name.as_str();
        Ok(Figure::compared(name, "/s", &one, self.other_name, &other))
    }
}
