//! Latency of a newcomer while the budget is full of idle connections.

use std::time::Duration;

use anyhow::anyhow;
use tokio::time::Instant;

use super::Scenario;
use super::budgeted::{BUDGET, engine};
use crate::context::{Context, block_on};
use crate::engine::Engine;
use crate::figure::Figure;
use crate::progress;
use crate::run::Outcome;
use crate::spread::Spread;
use crate::world::{Tenant, World};

const ROUNDS: usize = 5;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "handover",
    summary: "a newcomer while the budget is full of idle connections",
    method: "A fresh registry each round, one request after the other. The first 50 tenants find the budget free: \
             their request is a login and a SELECT 1. The next 50 find it full of idle connections: the same, and \
             one of those has to be closed and the server to let it go first. The difference of the two medians is \
             what the passing on of a slot takes.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(2 * BUDGET as usize)?;
    block_on(async {
        let (mut full, mut free, mut way) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            let (first, newcomers) = handovers(world, &tenants).await?;
            full.push(newcomers);
            free.push(first);
            way.push(newcomers - first);
        }
        let name = "a newcomer's request, budget full, median";
        Ok(Outcome {
            figures: vec![
                Figure::compared(name, "ms", &full, "a first request, budget free", &free),
                Figure::new("a slot's way to the newcomer", "ms", &way).at_most(10.0),
            ],
            notes: Vec::new(),
            ..Outcome::default()
        })
    })
}

/// The medians of the first requests while the budget is free, and while it is full of idle connections.
async fn handovers(world: &World, tenants: &[Tenant]) -> anyhow::Result<(f64, f64)> {
    world.quiet().await?;
    let engine = engine(world, tenants, 1).await?;
    let (first, newcomers) = tenants.split_at(BUDGET as usize);
    let free = visit(&engine, first).await?;
    let full = visit(&engine, newcomers).await?;
    engine.stop().await;
    Ok((free, full))
}

/// Asks once for each, one after the other; the median in milliseconds.
async fn visit(engine: &Engine, tenants: &[Tenant]) -> anyhow::Result<f64> {
    let mut latencies = Vec::new();
    for tenant in tenants {
        let asked = Instant::now();
        engine
            .select_one(tenant.id)
            .await
            .map_err(|error| anyhow!(error))?;
        let took: Duration = asked.elapsed();
        latencies.push(took.as_secs_f64() * 1e3);
    }
    Ok(Spread::of(&latencies).median)
}
