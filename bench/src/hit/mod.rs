//! What a hit costs: a lease of the registry's on a resident tenant, against the maps under mutexes that services
//! commonly keep their pools in. See `bench/README.md` for the method.

mod contender;
mod moka;
mod mutexes;
mod registry;
mod report;
mod rounds;
mod tenants;

use std::io::{self, Write};
use std::thread::available_parallelism;

use tokio::runtime::Builder;

use self::contender::Hits;
use self::moka::MokaCache;
use self::mutexes::{StdMutexes, TokioMutexes};
use self::registry::Leases;
use self::tenants::Distribution;

/// Worker threads of the runtime, and tasks that hit at once.
const THREADS: usize = 2;

/// Runs the comparison and prints its tables.
pub(crate) fn run(out: &mut impl Write) -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_time()
        .build()?;
    let processors = available_parallelism()?;
    writeln!(
        out,
        "{THREADS} tasks on {THREADS} worker threads; this machine gives {processors} hardware threads"
    )?;
    for distribution in [Distribution::Hot, Distribution::Uniform(1_000)] {
        let tenants = distribution.tenants();
        let contenders: Vec<Box<dyn Hits>> = vec![
            Box::new(runtime.block_on(Leases::open(&tenants))),
            Box::new(runtime.block_on(MokaCache::new(&tenants))),
            Box::new(TokioMutexes::new(&tenants)),
            Box::new(StdMutexes::new(&tenants)),
        ];
        let measured = runtime.block_on(rounds::measure(contenders, &tenants::walks(&tenants, THREADS)));
        report::table(out, &distribution, &measured)?;
    }
    Ok(())
}
