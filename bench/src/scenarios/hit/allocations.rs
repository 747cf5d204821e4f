//! Allocation counter for hits.

use allocation_counter::measure;
use tokio::runtime::Builder;

use super::contender::Hits as _;
use super::registry::Leases;
use super::tenants::{Distribution, walks};
use crate::figure::Figure;

/// How often each tenant of the walk is asked for.
const TIMES: usize = 100;

/// Counts the allocations of some hundred thousand hits. They run on one thread, since that is what the counter counts
/// for.
pub(super) fn count() -> anyhow::Result<Figure> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let tenants = Distribution::Uniform(1_000).tenants();
    let leases = runtime.block_on(Leases::open(&tenants));
    let walk = walks(&tenants, 1).remove(0);
    let hits = walk.len() * TIMES;
    // What the first ones bring about, such as a thread's own state, is no hit's.
    runtime.block_on(leases.walk(walk.clone(), 1));
    let work = leases.walk(walk, TIMES);
    let counted = measure(|| runtime.block_on(work));
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let each = counted.count_total as f64 / hits as f64;
    Ok(Figure::new("allocations of a hit", "", &[each]).never_above(0.0))
}
