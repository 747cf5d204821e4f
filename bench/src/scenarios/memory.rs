//! Memory of an idle resident tenant.

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use anyhow::{Context as _, anyhow, bail};
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Scenario;
use super::budgeted::engine;
use crate::context::Context;
use crate::engine::Engine;
use crate::figure::Figure;
use crate::machine::memory;
use crate::progress;
use crate::run::Outcome;
use crate::world::Tenant;

const TENANTS: usize = 10_000;
/// Visited before the start is taken: they fill the budget, so that what comes after opens no connection more.
const FIRST: usize = 100;
const AT_ONCE: usize = 8;
/// Until every pool is closed after its tenant's eviction.
const EVICTION_TIMEOUT: Duration = Duration::from_mins(1);

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "memory",
    summary: "10,000 tenants visited once over a budget of 50: memory for each, and after their eviction",
    method: "The budget is filled by 100 tenants first. Then each of 9,900 more is asked once, SELECT 1, and stays \
             resident. What the process's allocator has given out and not taken back is counted on the one thread \
             on which all of it runs; the resident set is VmRSS. Then those are evicted by invalidation, their pools \
             are closed, the first 100 are asked once more, and the end is taken; and all of that a second time. \
             Beside it as many PgPools that have never connected.",
    run,
};

fn run(context: &Context) -> anyhow::Result<Outcome> {
    let world = context.world()?;
    let tenants = world.tenants(context.count(TENANTS, 1_000))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(world.quiet())?;
    let (first, others) = tenants.split_at(FIRST);
    let engine = runtime.block_on(engine(world, &tenants, 1))?;
    runtime.block_on(visit(&engine, first))?;

    let start = memory("VmRSS")?;
    progress::say(format_args!("  visiting {} tenants", others.len()));
    let (grown, visited) = counted(|| runtime.block_on(visit(&engine, others)));
    visited.context("not counted")??;
    let full = memory("VmRSS")?;
    let (shrunk, evicted) = counted(|| {
        runtime.block_on(evict(&engine, others))?;
        // Moves the budget's connections back to these tenants.
        runtime.block_on(visit(&engine, first))
    });
    evicted.context("not counted")??;
    let end = memory("VmRSS")?;
    progress::say("  visiting and evicting them once more");
    runtime.block_on(async {
        visit(&engine, others).await?;
        evict(&engine, others).await?;
        visit(&engine, first).await
    })?;
    let again = memory("VmRSS")?;
    runtime.block_on(engine.stop());
    let pools = lazy_pools(&runtime, others);

    let count = number(others.len());
    let each = |bytes: f64| [bytes / count / 1024.0];
    let bytes = |info: &AllocationInfo| number_of(info.bytes_current);
    let lazy = each(bytes(&pools));
    let name = "a resident tenant, allocated";
    let taken = each(bytes(&grown));
    let kept = each(bytes(&grown) + bytes(&shrunk));
    let back = Figure::compared(
        "still allocated after eviction",
        "KiB",
        &kept,
        "what was taken",
        &taken,
    );
    Ok(Outcome {
        figures: vec![
            Figure::compared(name, "KiB", &taken, "a lazy PgPool", &lazy).at_most(2.0),
            Figure::new(
                "a resident tenant, of the resident set",
                "KiB",
                &each((full - start) * 1024.0 * 1024.0),
            ),
            back.ratio_at_most(0.1),
            Figure::compared(
                "resident set after eviction",
                "MiB",
                &[end],
                "at the start",
                &[start],
            ),
            Figure::compared(
                "resident set after a second visit and eviction",
                "MiB",
                &[again],
                "after the first",
                &[end],
            ),
        ],
        notes: vec![
            format!("{} tenants were visited.", others.len()),
            "glibc's allocator keeps for itself what it is given back in small pieces, so the resident set tells \
             little of what is in use; a second visit and eviction shows whether it is used again. With mimalloc \
             preloaded it shrinks."
                .to_owned(),
        ],
        ..Outcome::default()
    })
}

/// What is allocated on this thread meanwhile, and not given back.
fn counted<T>(work: impl FnOnce() -> T) -> (AllocationInfo, Option<T>) {
    let mut outcome = None;
    let info = measure(|| outcome = Some(work()));
    (info, outcome)
}

/// Asks once for each.
async fn visit(engine: &Engine, tenants: &[Tenant]) -> anyhow::Result<()> {
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let ids: Arc<[_]> = tenants.iter().map(|tenant| tenant.id).collect();
    let mut visitors = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (engine, ids, next) = (engine.clone(), Arc::clone(&ids), Arc::clone(&next));
        visitors.spawn(async move {
            while let Some(tenant) = ids.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                engine.select_one(*tenant).await?;
            }
            Ok::<_, String>(())
        });
    }
    let outcomes: Result<(), String> = visitors.join_all().await.into_iter().collect();
    outcomes.map_err(|error| anyhow!(error))
}

/// Evicts these and waits until their pools are closed.
async fn evict(engine: &Engine, tenants: &[Tenant]) -> anyhow::Result<()> {
    let left = engine
        .registry()
        .stats()
        .open()
        .saturating_sub(tenants.len().try_into()?);
    for tenant in tenants {
        engine.registry().invalidate(tenant.id);
    }
    let deadline = Instant::now() + EVICTION_TIMEOUT;
    while engine.registry().stats().open() > left {
        if Instant::now() >= deadline {
            bail!("{} pools are still open", engine.registry().stats().open());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// As many `PgPool`s, which have never connected.
fn lazy_pools(runtime: &Runtime, tenants: &[Tenant]) -> AllocationInfo {
    let _inside = runtime.enter();
    let mut pools: Vec<PgPool> = Vec::new();
    let info = measure(|| {
        pools.extend(tenants.iter().map(|tenant| {
            #[expect(
                clippy::disallowed_methods,
                reason = "a pool for each tenant is what is compared with"
            )]
            PgPoolOptions::new().connect_lazy_with(tenant.spec.connect.clone())
        }));
    });
    drop(pools);
    info
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a process, far below 2^52")]
fn number_of(bytes: i64) -> f64 {
    bytes as f64
}
