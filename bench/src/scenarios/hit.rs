//! Cost of a hit: a lease on a resident tenant, against moka alone, dashmap, and the maps under mutexes that services
//! commonly keep their pools in.

mod allocations;
mod contender;
mod dashmap;
mod moka;
mod mutexes;
mod registry;
mod rounds;
mod tenants;

use tokio::runtime::Runtime;

use self::contender::Hits;
use self::dashmap::ShardedMap;
use self::moka::MokaCache;
use self::mutexes::{StdMutexes, TokioMutexes};
use self::registry::Leases;
use self::rounds::Measured;
use self::tenants::Distribution;
use super::Scenario;
use crate::context::{self, Context};
use crate::figure::Figure;
use crate::progress;
use crate::run::Outcome;

/// Worker threads of the runtime, and tasks that hit at once.
const THREADS: usize = 2;
/// Rounds that are counted.
const ROUNDS: usize = 21;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "hit",
    summary: "what finding a resident tenant costs, against moka, dashmap and maps under mutexes",
    method: "Two tasks, each on a worker thread of its own, walk through 4,096 tenants drawn before the clock \
             starts, again and again. A round lasts about a tenth of a second and ends when the last task is \
             through; contenders take turns, A B C A B C. Nothing but hits is measured, so contention is at \
             its worst. Allocations are counted by the process's allocator, on one thread.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for distribution in [Distribution::Hot, Distribution::Uniform(1_000)] {
        progress::say(format_args!("  {distribution}"));
        // A runtime for each: the caches and registries of the other are gone.
        let runtime = context::runtime(THREADS)?;
        let measured = measure(&runtime, context, &distribution);
        if let Some((registry, others)) = measured.split_first() {
            outcome.figures.extend(figures(&distribution, registry, others));
        }
    }
    outcome.figures.push(allocations::count()?);
    Ok(outcome)
}

/// The registry first, then what it is compared with.
fn measure(runtime: &Runtime, context: &Context, distribution: &Distribution) -> Vec<Measured> {
    let tenants = distribution.tenants();
    let contenders: Vec<Box<dyn Hits>> = vec![
        Box::new(runtime.block_on(Leases::open(&tenants))),
        Box::new(runtime.block_on(MokaCache::new(&tenants))),
        Box::new(ShardedMap::new(&tenants)),
        Box::new(TokioMutexes::new(&tenants)),
        Box::new(StdMutexes::new(&tenants)),
    ];
    let walks = tenants::walks(&tenants, THREADS);
    runtime.block_on(rounds::measure(contenders, &walks, context.rounds(ROUNDS)))
}

fn figures(distribution: &Distribution, registry: &Measured, others: &[Measured]) -> Vec<Figure> {
    let alone = Figure::new(format!("{distribution}: a hit"), "ns", &registry.nanoseconds);
    let mut figures = vec![alone.at_most(100.0)];
    for other in others {
        let name = format!("{distribution}: a hit");
        let time = Figure::compared(name, "ns", &registry.nanoseconds, other.name, &other.nanoseconds);
        let rate = || {
            let name = format!("{distribution}: hits");
            let (ours, theirs) = (registry.rates(THREADS), other.rates(THREADS));
            Figure::compared(name, "/s", &ours, other.name, &theirs)
        };
        figures.push(match other.name {
            moka::NAME => time.ratio_at_most(1.3),
            dashmap::NAME => time,
            mutexes::TOKIO => rate().ratio_at_least(1.5),
            _ => rate(),
        });
    }
    figures
}
