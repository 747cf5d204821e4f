//! Time to make tenants: the last thousand of ten against the first.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use control_plane::{ControlPlane, CreatedAt, TenantFilter};
use tenant_registry::{TenantId, TenantSource as _};
use tokio::time::Instant;

use super::Scenario;
use crate::context::{Context, block_on};
use crate::figure::Figure;
use crate::machine::memory;
use crate::progress;
use crate::random::Random;
use crate::run::Outcome;
use crate::world::{MAX_CONNECTIONS, World};

const BATCH: usize = 1_000;
const BATCHES: usize = 10;
/// Samples of each query at the end of a batch.
const SAMPLES: usize = 500;
/// Tenants of a page.
const PAGE: i64 = 50;
/// The most that a client may ask for.
const LONGEST_PAGE: i64 = 500;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "provision",
    summary: "10,000 tenants made: the last thousand against the first",
    method: "The control plane makes tenants, eight at once, in a cluster of its own: each with its data key, its \
             sealed password, its login, its operation and its entry in the audit log. After each thousand, \
             500 times each: a page of 50 tenants from a random place, and a tenant drawn \
             from all is looked up as a registry does it, its password opened. One after the other.",
    run,
};

/// What a thousand came to.
struct Thousand {
    made: f64,
    list: f64,
    resolve: f64,
}

fn run(context: &Context) -> anyhow::Result<Outcome> {
    // Of its own: the first thousand has to be the first.
    let world = World::start(MAX_CONNECTIONS)?;
    let batch = context.count(BATCH, 100);
    let before = memory("VmHWM")?;
    block_on(async {
        let plane = world.control_plane()?;
        let mut tenants = Vec::new();
        let mut thousands = Vec::new();
        let mut peak = 0.0;
        for number in 0..BATCHES {
            let begin = Instant::now();
            tenants.extend(world.make(&plane, tenants.len(), batch).await?);
            let made = number_of(batch) / begin.elapsed().as_secs_f64();
            if number == 0 {
                peak = memory("VmHWM")? - before;
            }
            let thousand = Thousand {
                made,
                list: list(&plane, number).await?,
                resolve: resolve(&plane, &tenants).await?,
            };
            progress::say(format_args!("  {} tenants: {made:.0} /s", tenants.len()));
            thousands.push(thousand);
        }
        plane.close().await;
        outcome(&thousands, peak)
    })
}

fn outcome(thousands: &[Thousand], peak: f64) -> anyhow::Result<Outcome> {
    let (first, last) = thousands
        .first()
        .zip(thousands.last())
        .context("no tenants were made")?;
    let other = "the first thousand";
    let last_of = |name: &str, unit: &str, of: fn(&Thousand) -> f64| {
        Figure::compared(name, unit, &[of(last)], other, &[of(first)])
    };
    Ok(Outcome {
        figures: vec![
            last_of("tenants made, the last thousand", "/s", |all| all.made).ratio_at_least(0.8),
            last_of("a page of 50, at the last thousand", "ms", |all| all.list).ratio_at_most(1.25),
            last_of("a tenant looked up, at the last thousand", "ms", |all| {
                all.resolve
            })
            .ratio_at_most(1.25),
            Figure::new("peak of the resident set by the first thousand", "MiB", &[peak]),
        ],
        notes: Vec::new(),
        ..Outcome::default()
    })
}

/// Milliseconds for a page from a place drawn among all, on average.
async fn list(plane: &ControlPlane, seed: usize) -> anyhow::Result<f64> {
    let filter = TenantFilter::default();
    let store = plane.store();
    let mut all: Vec<CreatedAt> = Vec::new();
    // By pages, as clients do: a page of all would have PostgreSQL plan for such pages ever after.
    loop {
        let page = store.tenants(&filter, all.last().copied(), LONGEST_PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page.iter().map(|tenant| CreatedAt {
            created_at: tenant.created_at,
            id: tenant.id.as_uuid(),
        }));
    }
    let mut random = Random::seeded(u64::try_from(seed)?);
    let begin = Instant::now();
    for _ in 0..SAMPLES {
        let drawn = all.get(random.below(all.len())).context("there are tenants")?;
        store.tenants(&filter, Some(*drawn), PAGE).await?;
    }
    Ok(each(begin.elapsed()))
}

/// Milliseconds for looking a tenant up as a registry does, on average.
async fn resolve(plane: &ControlPlane, tenants: &[TenantId]) -> anyhow::Result<f64> {
    let source = plane.source();
    let mut random = Random::seeded(u64::try_from(tenants.len())?);
    let begin = Instant::now();
    for _ in 0..SAMPLES {
        let tenant = tenants
            .get(random.below(tenants.len()))
            .context("there are tenants")?;
        source.load(*tenant).await.map_err(|error| anyhow!(error))?;
    }
    Ok(each(begin.elapsed()))
}

fn each(all: Duration) -> f64 {
    all.as_secs_f64() * 1_000.0 / number_of(SAMPLES)
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn number_of(count: usize) -> f64 {
    count as f64
}
