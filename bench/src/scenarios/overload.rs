//! The service at twice the load that it carries: goodput, and whether probes are answered.

mod rounds;

use anyhow::Context as _;

use self::rounds::Rounds;
use super::Scenario;
use crate::context::{Context, block_on};
use crate::figure::{Bound, Figure, Quantity};
use crate::process::{self, LIST, LogFilter};
use crate::run::Outcome;
use crate::world::Ordinary;

const ROUNDS: usize = 4;
/// Seconds of a round, and of the one before it that finds how much the service carries.
const ROUND: u64 = 5;
const TENANTS: usize = 10;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "overload",
    summary: "the service at twice the load that it carries: goodput, and the latency of probes",
    method: "The released binary as a process with production's settings, its JSON log read from a pipe, in front of ten \
             tenants. What it carries: 64 clients in a closed loop, each asking for a list of 10 of 100 users. Then \
             twice as many requests a second in an open loop, each at its time whether or not those before have \
             been answered, over as many connections as that needs. Goodput is what is answered with 200 within a second \
             of the time at which it was due; the rest is shed (503 OVERLOADED), or has failed. Beside it the admin plane \
             is probed (GET /readyz) ten times a second. The load comes from this process, on the same processors.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let Some(services) = context.services()? else {
        return Ok(Outcome {
            notes: vec!["Not measured: it needs tenantry, which was left out.".to_owned()],
            ..Outcome::default()
        });
    };
    let world = context.production()?;
    let tenants = world.tenants(TENANTS)?;
    block_on(async {
        Ordinary::make(world, &tenants).await?;
        let first = tenants.first().context("there is a tenant")?;
        let admin = process::free_address().await?;
        let setting = format!("admin_plane.listen={admin}");
        let service = process::tenantry(
            &services.tenantry,
            world,
            first,
            LogFilter::Info,
            &[&setting],
            None,
        )
        .await?;
        let requests = tenants
            .iter()
            .map(|tenant| {
                format!(
                    "GET {LIST} HTTP/1.1\r\nhost: localhost\r\nx-tenant-id: {}\r\n\r\n",
                    tenant.id
                )
            })
            .collect();
        let mut rounds = Rounds::new(service.address(), admin, requests);
        rounds.run(context.rounds(ROUNDS), context.round(ROUND)).await;
        service.end().await?;
        Ok(outcome(rounds))
    })
}

fn outcome(rounds: Rounds) -> Outcome {
    let figures = vec![
        Figure::compared(
            "goodput at twice the load",
            "/s",
            &rounds.good,
            "what the service carries",
            &rounds.carried,
        )
        .ratio_at_least(0.8),
        Figure::new("load offered", "/s", &rounds.offered),
        Figure::new("p99 of the good answers", "ms", &rounds.p99),
        Figure::new("shed with 503 OVERLOADED", "/s", &rounds.shed),
        Figure::new(
            "refused otherwise, too late, or not answered",
            "/s",
            &rounds.failed,
        ),
        Figure::new("p99 of probes meanwhile", "ms", &rounds.probes).at_most(1_000.0),
        Figure::new("probes that failed", "", &rounds.failed_probes).target(
            Quantity::Highest,
            Bound::AtMost,
            0.0,
        ),
    ];
    Outcome {
        figures,
        loads: rounds.loads.into_iter().collect(),
        ..Outcome::default()
    }
}
