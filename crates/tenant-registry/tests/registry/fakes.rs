//! Fake pool, which only records whether it is closed, and scripted source.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tenant_registry::{
    Closed, Lease, PoolSnapshot, Registry, RegistrySettings, Reload, SourceError, SourceFuture,
    StandingFuture, TenantId, TenantNotice, TenantPool, TenantSource, TenantSpec,
};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

/// Timeout far above the duration of any test.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A pool whose state outlives the registry's reference to it.
pub(crate) struct FakePool(pub(crate) Arc<PoolState>);

pub(crate) struct PoolState {
    /// Version in the source when the pool was opened.
    pub(crate) version: u32,
    closed: AtomicBool,
    ended: AtomicBool,
}

impl PoolState {
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits until the pool is closed, and returns the time of that.
    pub(crate) async fn closed(&self) -> Instant {
        within_long(async {
            while !self.is_closed() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Instant::now()
        })
        .await
    }
}

impl TenantPool for FakePool {
    type Settings = ();

    fn open(spec: TenantSpec, _: Reload, (): &()) -> Self {
        assert_ne!(spec.max_connections, UNOPENABLE, "a pool that cannot be opened");
        Self(Arc::new(PoolState {
            version: spec.max_connections,
            closed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        }))
    }

    fn end(&self) {
        self.0.ended.store(true, Ordering::SeqCst);
    }

    async fn close(&self, _deadline: Instant) -> Closed {
        assert!(!self.0.closed.swap(true, Ordering::SeqCst), "closed twice");
        Closed::Drained
    }

    fn snapshot(&self) -> PoolSnapshot {
        PoolSnapshot {
            size: 2,
            idle: 1,
            closing: 1,
            max: 3,
            waiting: 4,
            trouble: None,
        }
    }
}

/// The version of a tenant whose pool panics when it is opened.
pub(crate) const UNOPENABLE: u32 = u32::MAX;

/// Behaviour of the source when a tenant is loaded.
#[derive(Clone)]
pub(crate) enum Answer {
    Served,
    Unknown,
    Broken,
    Panics,
    Never,
    OtherTenant,
    Suspended,
    NotReady,
    Unusable,
    /// Reads that it is suspended, then waits for a permit of the gate.
    SuspendedGate(Arc<Semaphore>),
    /// Reads the version, then waits for a permit of the gate.
    Gate(Arc<Semaphore>),
}

#[derive(Default)]
pub(crate) struct FakeSource {
    answers: Mutex<HashMap<TenantId, Answer>>,
    others: Mutex<Option<Answer>>,
    /// Value for the next [`PoolState::version`].
    pub(crate) version: AtomicU32,
    loads: AtomicUsize,
    standing: Mutex<Standing>,
    /// Number of tenants in each query for standings.
    pub(crate) asked: Mutex<Vec<usize>>,
}

/// Behaviour of the source when standings are queried.
#[derive(Clone, Default)]
pub(crate) enum Standing {
    #[default]
    KnowsNothing,
    /// All tenants are served at this version, except for these.
    All(u64, Vec<TenantNotice>),
    Broken,
    Panics,
    /// As the boxed one, after a permit of the gate.
    Gate(Arc<Semaphore>, Box<Standing>),
}

impl Standing {
    fn of(self, tenants: &[TenantId]) -> Result<Option<Vec<TenantNotice>>, SourceError> {
        match self {
            Self::KnowsNothing | Self::Gate(..) => Ok(None),
            Self::All(version, others) => {
                let of = |tenant: &TenantId| {
                    let other = others.iter().find(|notice| notice.tenant == *tenant);
                    other.copied().unwrap_or(served(*tenant, version))
                };
                Ok(Some(tenants.iter().map(of).collect()))
            }
            Self::Broken => Err(SourceError::unavailable(std::io::Error::other("broken"))),
            Self::Panics => panic!("as told"),
        }
    }
}

pub(crate) fn served(tenant: TenantId, version: u64) -> TenantNotice {
    TenantNotice {
        tenant,
        version: Some(version),
        served: true,
    }
}

pub(crate) fn refused(tenant: TenantId, version: Option<u64>) -> TenantNotice {
    TenantNotice {
        tenant,
        version,
        served: false,
    }
}

impl FakeSource {
    pub(crate) fn set(&self, tenant: TenantId, answer: Answer) {
        self.answers.lock().unwrap().insert(tenant, answer);
    }

    /// Sets the behaviour for all other tenants.
    pub(crate) fn set_all(&self, answer: Option<Answer>) {
        *self.others.lock().unwrap() = answer;
    }

    pub(crate) fn reset(&self, tenant: TenantId) {
        self.answers.lock().unwrap().remove(&tenant);
    }

    pub(crate) fn gate(&self, tenant: TenantId) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.set(tenant, Answer::Gate(Arc::clone(&gate)));
        gate
    }

    pub(crate) fn stand(&self, standing: Standing) {
        *self.standing.lock().unwrap() = standing;
    }

    /// Number of loads.
    pub(crate) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// Waits for this number of loads.
    pub(crate) async fn loaded(&self, times: usize) {
        within_long(async {
            while self.loads() < times {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

impl TenantSource for FakeSource {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        let answer = self.answers.lock().unwrap().get(&tenant).cloned();
        let answer = answer.or_else(|| self.others.lock().unwrap().clone());
        let version = self.version.load(Ordering::SeqCst);
        self.loads.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match answer {
                None | Some(Answer::Served) => Ok(spec(tenant, version)),
                Some(Answer::Unknown) => Err(SourceError::Unknown),
                Some(Answer::Suspended) => Err(SourceError::Suspended),
                Some(Answer::NotReady) => Err(SourceError::NotReady),
                Some(Answer::Unusable) => Err(SourceError::unusable(std::io::Error::other("unusable"))),
                Some(Answer::SuspendedGate(gate)) => {
                    gate.acquire().await.unwrap().forget();
                    Err(SourceError::Suspended)
                }
                Some(Answer::Broken) => Err(SourceError::unavailable(std::io::Error::other("broken"))),
                Some(Answer::Panics) => panic!("as told"),
                Some(Answer::Never) => std::future::pending().await,
                Some(Answer::OtherTenant) => Ok(spec(tenant_id(), version)),
                Some(Answer::Gate(gate)) => {
                    gate.acquire().await.unwrap().forget();
                    Ok(spec(tenant, version))
                }
            }
        })
    }

    fn standing(&self, tenants: Vec<TenantId>) -> StandingFuture<'_> {
        let standing = self.standing.lock().unwrap().clone();
        self.asked.lock().unwrap().push(tenants.len());
        Box::pin(async move {
            match standing {
                Standing::Gate(gate, then) => {
                    gate.acquire().await.unwrap().forget();
                    then.of(&tenants)
                }
                standing => standing.of(&tenants),
            }
        })
    }
}

fn spec(tenant: TenantId, version: u32) -> TenantSpec {
    let mut spec = TenantSpec::new(tenant, PgConnectOptions::new_without_pgpass(), version);
    spec.version = version.into();
    spec
}

pub(crate) fn tenant_id() -> TenantId {
    Uuid::new_v4().into()
}

/// Settings under which no pool is evicted during a test.
pub(crate) fn settings() -> RegistrySettings {
    RegistrySettings {
        max_resident: 100,
        idle_timeout: Duration::from_hours(1),
        open_timeout: Duration::from_secs(5),
        reap_deadline: Duration::from_hours(1),
        ..RegistrySettings::default()
    }
}

pub(crate) fn registry(settings: RegistrySettings) -> (Registry<FakePool>, Arc<FakeSource>) {
    let source = Arc::new(FakeSource::default());
    let registry = Registry::new(Arc::clone(&source) as Arc<dyn TenantSource>, settings, ());
    (registry, source)
}

/// The pool behind a lease that is dropped at once.
pub(crate) async fn touch(registry: &Registry<FakePool>, tenant: TenantId) -> Arc<PoolState> {
    state(&registry.lease(tenant).await.unwrap())
}

pub(crate) fn state(lease: &Lease<FakePool>) -> Arc<PoolState> {
    Arc::clone(&lease.0)
}

/// Lets time pass for moka, which uses the machine's clock, but not for tokio.
#[expect(
    clippy::disallowed_methods,
    reason = "the event is the end of the time itself, and tokio's clock is paused"
)]
pub(crate) fn by_mokas_clock(time: Duration) {
    std::thread::sleep(time);
}

/// Waits until the condition holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    within_long(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

pub(crate) async fn within_long<F: Future>(future: F) -> F::Output {
    timeout(LONG, future).await.expect("it does not last so long")
}
