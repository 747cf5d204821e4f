//! Stress test of the invariants: many tasks on few tenants, with all operations at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use sqlx::postgres::PgConnectOptions;
use tenant_registry::{
    Change, LeaseError, Registry, RegistrySettings, SourceFuture, TenantId, TenantSource, TenantSpec,
};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::{JoinSet, yield_now};

use crate::changes::stream_of;
use crate::fakes::{FakePool, LONG, served, settings, tenant_id, until, within_long};

const TENANTS: usize = 4;
const TASKS: u64 = 8;
const STEPS: usize = 5_000;

struct Tenant {
    id: TenantId,
    /// The version in the source.
    version: AtomicU32,
    /// The newest version whose invalidation is complete: a new lease must not get an older one.
    announced: AtomicU32,
}

struct Tenants([Tenant; TENANTS]);

impl TenantSource for Tenants {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(async move {
            let known = self.0.iter().find(|known| known.id == tenant).unwrap();
            let max_connections = known.version.load(Ordering::SeqCst);
            // Other tasks change the version between the read and the response.
            yield_now().await;
            Ok(TenantSpec::new(
                tenant,
                PgConnectOptions::new_without_pgpass(),
                max_connections,
            ))
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn leases_invalidations_evictions_and_cancellations_at_once() {
    let tenants = Arc::new(Tenants([(); TENANTS].map(|()| Tenant {
        id: tenant_id(),
        version: AtomicU32::new(0),
        announced: AtomicU32::new(0),
    })));
    let registry = Registry::new(
        Arc::clone(&tenants) as Arc<dyn TenantSource>,
        RegistrySettings {
            max_resident: TENANTS as u64 - 1,
            idle_timeout: Duration::from_millis(1),
            ..settings()
        },
        (),
    );
    let (tell, changes) = mpsc::unbounded_channel();
    let followed = Arc::new(());
    let following = Arc::clone(&followed);
    registry.follow(stream_of(changes).inspect(move |_| {
        let _ = &following;
    }));
    let leased = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for seed in 1..=TASKS {
        let (registry, tenants, leased) = (registry.clone(), Arc::clone(&tenants), Arc::clone(&leased));
        let tell = tell.clone();
        tasks.spawn(async move {
            let mut dice = Dice(seed);
            for _ in 0..STEPS {
                step(&registry, &tenants, &tell, &leased, &mut dice).await;
            }
        });
    }
    within_long(tasks.join_all()).await;
    drop(tell);
    until(|| Arc::strong_count(&followed) == 1).await;

    // The count of residents is still exact: as many as the cap allows stay, when they are held. (The last tenant
    // comes first: an opening of it that a cancelled caller has left behind would push one of them out.)
    drop(registry.lease(tenants.0[TENANTS - 1].id).await.unwrap());
    let mut held = Vec::new();
    for tenant in &tenants.0[..TENANTS - 1] {
        held.push(registry.lease(tenant.id).await.unwrap());
    }
    for lease in held {
        let again = registry.lease(lease.tenant()).await.unwrap();
        assert!(Arc::ptr_eq(&again.0, &lease.0), "evicted below the cap");
    }

    let stats = registry.shutdown(LONG).await;
    assert_eq!(stats.opened, stats.closed, "every pool was closed, once");
    let leased = leased.load(Ordering::SeqCst);
    assert!(leased > TASKS * STEPS as u64 / 2, "{leased} leases, {stats:?}");
}

async fn step(
    registry: &Registry<FakePool>,
    tenants: &Tenants,
    tell: &UnboundedSender<Change>,
    leased: &AtomicU64,
    dice: &mut Dice,
) {
    let tenant = &tenants.0[dice.roll(TENANTS)];
    match dice.roll(24) {
        0 => {
            let version = tenant.version.fetch_add(1, Ordering::SeqCst) + 1;
            registry.invalidate(tenant.id);
            tenant.announced.fetch_max(version, Ordering::SeqCst);
        }
        // A caller that is cancelled after its first poll.
        1 => drop(registry.lease(tenant.id).now_or_never()),
        2 => tell.send(Change::Tenant(served(tenant.id, 1))).unwrap(),
        3 if dice.roll(10) == 0 => tell.send(Change::Resync).unwrap(),
        4 => drop(registry.warm([tenant.id], 1).now_or_never()),
        5 => {
            let residents = registry.snapshot().totals.resident;
            assert!(residents <= TENANTS, "{residents} of {TENANTS}");
        }
        _ => {
            let announced = tenant.announced.load(Ordering::SeqCst);
            let lease = match registry.lease(tenant.id).await {
                Ok(lease) => lease,
                // It was changed or evicted eight times in a row before it could be had.
                Err(LeaseError::Overloaded) => return,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(lease.tenant(), tenant.id);
            assert!(lease.0.version >= announced, "a stale pool");
            for _ in 0..dice.roll(4) {
                yield_now().await;
            }
            let clone = lease.clone();
            drop(lease);
            assert!(!clone.0.is_closed(), "closed while it was held");
            leased.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// xorshift64, by George Marsaglia: the same dice in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}
