//! 5,000 simultaneous requests for one tenant without a connection.

use std::time::Duration;

use anyhow::Context as _;
use testkit::Proxy;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Scenario;
use super::budgeted::BUDGET;
use crate::context::{Context, block_on};
use crate::engine::{Engine, EngineSettings};
use crate::figure::Figure;
use crate::progress;
use crate::run::Outcome;
use crate::world::{Directory, Tenant, World};

const ROUNDS: usize = 5;
const WAITERS: usize = 5_000;
const MAX: u32 = 5;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "storm",
    summary: "5,000 waiters on one tenant that may have 5 connections",
    method: "A fresh registry each round. 5,000 tasks ask at once, a SELECT 1 each; the tenant's database is behind \
             a proxy that counts the connections which were opened to it.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(1)?;
    let tenant = tenants.first().context("there is a tenant")?;
    block_on(async {
        let (mut logins, mut errors, mut took) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            let storm = storm(world, tenant).await?;
            logins.push(storm.logins);
            errors.push(storm.errors);
            took.push(storm.took.as_secs_f64() * 1e3);
        }
        Ok(Outcome {
            figures: vec![
                Figure::new("connections opened", "", &logins).never_above(f64::from(MAX)),
                Figure::new("requests that failed", "", &errors).never_above(0.0),
                Figure::new("until all were served", "ms", &took),
            ],
            notes: Vec::new(),
            ..Outcome::default()
        })
    })
}

/// What one storm came to.
struct Storm {
    logins: f64,
    errors: f64,
    took: Duration,
}

#[expect(clippy::cast_precision_loss, reason = "thousands at most")]
async fn storm(world: &World, tenant: &Tenant) -> anyhow::Result<Storm> {
    let proxy = Proxy::before(world.cluster());
    let mut spec = tenant.spec.clone();
    let address = proxy.address();
    spec.connect = spec.connect.host(&address.ip().to_string()).port(address.port());
    let settings = EngineSettings {
        budget: BUDGET,
        acquire_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_mins(10),
        sentinel: world.sentinel(),
    };
    let engine = Engine::start(settings, Directory::with(vec![spec], MAX)).await?;
    let begin = Instant::now();
    let mut waiters = JoinSet::new();
    for _ in 0..WAITERS {
        let (engine, id) = (engine.clone(), tenant.id);
        waiters.spawn(async move { engine.select_one(id).await });
    }
    let errors = waiters
        .join_all()
        .await
        .into_iter()
        .filter(Result::is_err)
        .count();
    let took = begin.elapsed();
    engine.stop().await;
    Ok(Storm {
        logins: proxy.accepted() as f64,
        errors: errors as f64,
        took,
    })
}
