//! Latency of one tenant while another one's database swallows every packet.

use std::sync::Arc;
use std::time::Duration;

use testkit::Proxy;

use super::Scenario;
use super::asking::{ByEngine, Choice};
use super::budgeted::BUDGET;
use super::template::{ByTemplate, Template};
use crate::chart::{Chart, Scale, SeriesStyle, Shape};
use crate::context::{Context, block_on};
use crate::engine::{Engine, EngineSettings};
use crate::figure::Figure;
use crate::load::{Client, LoadSummary, Tally, closed};
use crate::progress;
use crate::run::Outcome;
use crate::spread::Spread;
use crate::world::{Directory, Tenant, World};

const ROUNDS: usize = 7;
/// Of the template's shape, whose rounds have to be longer.
const TEMPLATE_ROUNDS: usize = 3;
/// Seconds of a round.
const ROUND: u64 = 4;
const TEMPLATE_ROUND: u64 = 10;
const WARM_UP: Duration = Duration::from_millis(500);
/// Of the tenant in steady use.
const HOT_CLIENTS: usize = 8;
/// Of the other one; each asks again when its request has failed.
const DARK_CLIENTS: usize = 4;
/// How long a request waits for a connection, in both shapes.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// Longer than any wait in the template's shape.
const TEMPLATE_BOUND: Duration = Duration::from_mins(1);

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "neighbour",
    summary: "one tenant's p99 while another one's database is a black hole, against alone",
    method: "Eight clients of the one tenant in a closed loop, SELECT 1. The other tenant is reached by a proxy that \
             accepts connections and forwards nothing; four clients keep asking for it, each waiting a second for \
             its connection. Rounds alone and rounds with the black hole take turns. The template's shape is one \
             tokio mutex over a map of pools, held while a pool connects.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(2)?;
    block_on(async {
        world.quiet().await?;
        let proxy = Proxy::before(world.cluster());
        proxy.freeze();
        let pair = Pair::new(&tenants, &proxy);
        let ours = by_engine(world, &pair, context.rounds(ROUNDS), context.round(ROUND)).await?;
        let theirs = by_template(
            &pair,
            context.rounds(TEMPLATE_ROUNDS),
            context.round(TEMPLATE_ROUND),
        )
        .await;
        let mut figures = vec![
            ours.figure("p99 beside a black hole").ratio_at_most(1.2),
            Figure::new("requests that failed", "", &ours.errors).never_above(0.0),
        ];
        figures.push(theirs.figure("the template's shape: p99 beside a black hole"));
        let chart = Chart::new(
            "Beside a dead tenant",
            "ms",
            "latency of another tenant (p99)",
            Shape::Bars,
            Scale::Logarithmic,
        )
        .over(["alone", "beside a dead tenant"])
        .series("Tenantry", SeriesStyle::Tenantry, ours.spreads())
        .series("the template's shape", SeriesStyle::Template, theirs.spreads())
        .note("The template's shape is a map of pools under one mutex, held while a pool connects.");
        Ok(Outcome {
            figures,
            charts: vec![chart],
            loads: [ours, theirs]
                .into_iter()
                .flat_map(|rounds| rounds.loads)
                .collect(),
            ..Outcome::default()
        })
    })
}

/// The tenant in steady use, and the one in the dark.
struct Pair {
    hot: Tenant,
    dark: Tenant,
}

impl Pair {
    fn new(tenants: &[Tenant], proxy: &Proxy) -> Self {
        let [hot, dark] = [0, 1].map(|number| tenants[number].clone());
        let mut pair = Self { hot, dark };
        let (address, connect) = (proxy.address(), pair.dark.spec.connect);
        pair.dark.spec.connect = connect.host(&address.ip().to_string()).port(address.port());
        pair
    }
}

/// Milliseconds at p99, round by round.
struct Rounds {
    beside: Vec<f64>,
    alone: Vec<f64>,
    errors: Vec<f64>,
    /// Alone, and beside the black hole.
    loads: [LoadSummary; 2],
}

impl Rounds {
    fn new(contender: &str) -> Self {
        Self {
            beside: Vec::new(),
            alone: Vec::new(),
            errors: Vec::new(),
            loads: ["alone", "beside a black hole"]
                .map(|state| LoadSummary::new(format!("{contender}, {state}"))),
        }
    }

    fn spreads(&self) -> [Option<Spread>; 2] {
        [Some(Spread::of(&self.alone)), Some(Spread::of(&self.beside))]
    }

    fn push(&mut self, alone: &Tally, beside: &Tally) {
        self.loads[0].add_tally(alone);
        self.loads[1].add_tally(beside);
        self.alone.push(alone.percentile(99));
        self.beside.push(beside.percentile(99));
        self.errors.push(alone.failures() + beside.failures());
    }

    fn figure(&self, name: &str) -> Figure {
        Figure::compared(name, "ms", &self.beside, "alone", &self.alone)
    }
}

async fn by_engine(world: &World, pair: &Pair, rounds: usize, length: Duration) -> anyhow::Result<Rounds> {
    let settings = EngineSettings {
        budget: BUDGET,
        acquire_timeout: ACQUIRE_TIMEOUT,
        idle_timeout: Duration::from_mins(10),
        sentinel: world.sentinel(),
    };
    let specs = vec![pair.hot.spec.clone(), pair.dark.spec.clone()];
    let clients_max = u32::try_from(HOT_CLIENTS)?;
    let engine = Engine::start(settings, Directory::with(specs, clients_max)).await?;
    let tenants = Arc::from([pair.hot.id, pair.dark.id]);
    let client = |number| ByEngine {
        engine: engine.clone(),
        tenants: Arc::clone(&tenants),
        choice: Choice::Always(number),
    };
    let mut seen = Rounds::new("Tenantry");
    for round in 0..rounds {
        progress::say(format_args!("  round {}", round + 1));
        let alone = closed(vec_of(HOT_CLIENTS, || client(0)), WARM_UP, length).await;
        let beside = beside(|| client(0), || client(1), length).await;
        seen.push(&alone, &beside);
    }
    engine.stop().await;
    Ok(seen)
}

async fn by_template(pair: &Pair, rounds: usize, length: Duration) -> Rounds {
    let template = Arc::new(Template::new(ACQUIRE_TIMEOUT));
    let specs = Arc::from([pair.hot.spec.clone(), pair.dark.spec.clone()]);
    let client = |number| ByTemplate {
        template: Arc::clone(&template),
        specs: Arc::clone(&specs),
        choice: Choice::Always(number),
        bound: TEMPLATE_BOUND,
    };
    let mut seen = Rounds::new("the template's shape");
    for round in 0..rounds {
        progress::say(format_args!("  the template's shape, round {}", round + 1));
        let alone = closed(vec_of(HOT_CLIENTS, || client(0)), WARM_UP, length).await;
        let beside = beside(|| client(0), || client(1), length).await;
        seen.push(&alone, &beside);
    }
    template.close().await;
    seen
}

/// The hot clients' tally, with dark ones beside them.
async fn beside<C: Client>(hot: impl Fn() -> C, dark: impl Fn() -> C, length: Duration) -> Tally {
    let (hot, _) = tokio::join!(
        closed(vec_of(HOT_CLIENTS, hot), WARM_UP, length),
        closed(vec_of(DARK_CLIENTS, dark), WARM_UP, length)
    );
    hot
}

fn vec_of<C>(count: usize, make: impl Fn() -> C) -> Vec<C> {
    (0..count).map(|_| make()).collect()
}
