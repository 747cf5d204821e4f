//! Fairness: 197 light tenants beside three heavy ones.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Scenario;
use super::asking::{ByEngine, Choice, ids};
use super::budgeted::engine;
use crate::context::{Context, block_on};
use crate::engine::Engine;
use crate::figure::Figure;
use crate::load::{Tally, closed, open};
use crate::progress;
use crate::run::Outcome;
use crate::spread::Spread;
use crate::world::{Tenant, World};

const ROUNDS: usize = 3;
/// Seconds of a round.
const ROUND: u64 = 30;
const WARM_UP: Duration = Duration::from_secs(3);
const TENANTS: usize = 200;
const HEAVY: usize = 3;
/// Of each heavy tenant.
const CLIENTS: usize = 32;
/// Between two requests of a light one.
const PERIOD: Duration = Duration::from_millis(100);
/// The most connections of a tenant.
const MAX: u32 = 10;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fair",
    summary: "200 tenants over a budget of 50, three of them heavy",
    method: "Each heavy tenant has 32 clients in a closed loop; each of the 197 light ones asks every 100 ms, at \
             its own offset, whether or not the request before has been answered, and a latency counts from the \
             time at which the request was due. Every request is a SELECT 1. A round gives each light tenant a \
             p95 of its own; the largest of them is compared with the smallest.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(TENANTS)?;
    let length = context.round(ROUND);
    block_on(async {
        let mut results = RoundResults::default();
        for round in 0..context.rounds(ROUNDS) {
            progress::say(format_args!("  round {}", round + 1));
            let (heavy, light) = compete(world, &tenants, length).await?;
            results.count(&heavy, &light);
        }
        Ok(results.outcome())
    })
}

/// A round: what the heavy ones came to, and each of the light ones.
async fn compete(world: &World, tenants: &[Tenant], length: Duration) -> anyhow::Result<(Tally, Vec<Tally>)> {
    world.quiet().await?;
    let engine = engine(world, tenants, MAX).await?;
    let all = ids(tenants);
    let client = |number: usize| ByEngine {
        engine: engine.clone(),
        tenants: Arc::clone(&all),
        choice: Choice::Always(number % HEAVY),
    };
    let heavy = tokio::spawn(closed(
        (0..HEAVY * CLIENTS).map(client).collect(),
        WARM_UP,
        length,
    ));
    let begin = Instant::now();
    let mut light = JoinSet::new();
    for (number, tenant) in (0_u32..).zip(&tenants[HEAVY..]) {
        let offset = PERIOD / u32::try_from(TENANTS)? * number;
        light.spawn(light_one(engine.clone(), tenant.clone(), begin + offset, length));
    }
    let light = light.join_all().await;
    let heavy = heavy.await?;
    engine.stop().await;
    Ok((heavy, light))
}

async fn light_one(engine: Engine, tenant: Tenant, begin: Instant, length: Duration) -> Tally {
    let ask = || {
        let (engine, id) = (engine.clone(), tenant.id);
        async move { engine.select_one(id).await }
    };
    let warm = begin + WARM_UP;
    let (before, counted) = tokio::join!(
        open(begin, warm, PERIOD, ask),
        open(warm, warm + length, PERIOD, ask)
    );
    // Failures count whenever they come.
    Tally {
        errors: before.errors + counted.errors,
        first_error: before.first_error.or(counted.first_error),
        ..counted
    }
}

/// Results of the rounds.
#[derive(Default)]
struct RoundResults {
    largest: Vec<f64>,
    smallest: Vec<f64>,
    errors: Vec<f64>,
    heavy: Vec<f64>,
    light: Vec<f64>,
    /// Requests of each light tenant, round by round the fewest.
    samples: usize,
    first_error: Option<String>,
}

impl RoundResults {
    fn count(&mut self, heavy: &Tally, light: &[Tally]) {
        let slow: Vec<f64> = light.iter().map(|tally| tally.percentile(95)).collect();
        let spread = Spread::of(&slow);
        self.largest.push(spread.high);
        self.smallest.push(spread.low);
        self.heavy.push(heavy.rate());
        self.light.push(light.iter().map(Tally::rate).sum());
        let failures: f64 = light.iter().map(Tally::failures).sum();
        self.errors.push(failures + heavy.failures());
        self.samples = light.iter().map(|tally| tally.latencies.len()).min().unwrap_or(0);
        let errors = light.iter().find_map(|tally| tally.first_error.clone());
        self.first_error = self
            .first_error
            .take()
            .or(errors)
            .or_else(|| heavy.first_error.clone());
    }

    fn outcome(self) -> Outcome {
        let name = "p95 of the light tenant that fares worst";
        let other = "of the one that fares best";
        let mut notes = vec![format!(
            "Each light tenant's p95 is of {} requests a round.",
            self.samples
        )];
        notes.extend(
            self.first_error
                .map(|error| format!("The first failure: {error}")),
        );
        Outcome {
            figures: vec![
                Figure::compared(name, "ms", &self.largest, other, &self.smallest).ratio_at_most(1.5),
                Figure::new("requests that failed", "", &self.errors).never_above(0.0),
                Figure::new("the three heavy tenants together", "/s", &self.heavy),
                Figure::new("the 197 light tenants together", "/s", &self.light),
            ],
            notes,
            ..Outcome::default()
        }
    }
}
