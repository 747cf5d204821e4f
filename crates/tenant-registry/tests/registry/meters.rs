//! Recorded metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream;
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use tenant_registry::{Change, Registry};
use tokio::sync::mpsc;

use crate::changes::stream_of;
use crate::fakes::{
    Answer, FakePool, FakeSource, LONG, refused, registry, settings, tenant_id, touch, until,
};

/// Keeps what is recorded by name and label, as `name{value}`.
#[derive(Default)]
struct Recorded {
    cells: Mutex<BTreeMap<String, Arc<Cell>>>,
    units: Mutex<BTreeMap<String, Unit>>,
}

/// A counter, a gauge, or how often a histogram was told.
#[derive(Default)]
struct Cell {
    number: Arc<AtomicU64>,
    told: AtomicU64,
}

impl HistogramFn for Cell {
    fn record(&self, value: f64) {
        assert!((0.0..1.0).contains(&value), "{value} seconds");
        self.told.fetch_add(1, Ordering::Relaxed);
    }
}

impl Recorded {
    fn cell(&self, key: &Key) -> Arc<Cell> {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            name = format!("{name}{{{}}}", label.value());
        }
        Arc::clone(self.cells.lock().unwrap().entry(name).or_default())
    }

    fn describe(&self, key: &KeyName, unit: Option<Unit>) {
        self.units
            .lock()
            .unwrap()
            .insert(key.as_str().to_owned(), unit.unwrap());
    }

    fn count(&self, name: &str) -> u64 {
        self.cells.lock().unwrap()[name].number.load(Ordering::Relaxed)
    }

    fn gauge(&self, name: &str) -> f64 {
        f64::from_bits(self.count(name))
    }

    fn told(&self, name: &str) -> u64 {
        self.cells.lock().unwrap()[name].told.load(Ordering::Relaxed)
    }

    /// All of it, to see whether anything has changed.
    fn all(&self) -> Vec<(String, u64, u64)> {
        let cells = self.cells.lock().unwrap();
        let all = |(name, cell): (&String, &Arc<Cell>)| {
            let number = cell.number.load(Ordering::Relaxed);
            (name.clone(), number, cell.told.load(Ordering::Relaxed))
        };
        cells.iter().map(all).collect()
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(&self.cell(key).number))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::clone(&self.cell(key).number))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.cell(key))
    }
}

fn recorded() -> (Registry<FakePool>, Arc<FakeSource>, Recorded) {
    let recorded = Recorded::default();
    let (registry, source) = with_local_recorder(&recorded, || registry(settings()));
    (registry, source, recorded)
}

#[tokio::test(start_paused = true)]
async fn misses_lookups_and_pools_are_counted_and_a_hit_is_not() {
    let (registry, source, recorded) = recorded();
    let (tenant, unknown) = (tenant_id(), tenant_id());
    source.set(unknown, Answer::Unknown);
    touch(&registry, tenant).await;
    let before = recorded.all();
    for _ in 0..10 {
        touch(&registry, tenant).await;
    }
    assert_eq!(recorded.all(), before);
    for _ in 0..3 {
        registry.lease(unknown).await.unwrap_err();
    }
    assert_eq!(recorded.count("tenantry.registry.misses{served}"), 1);
    assert_eq!(recorded.count("tenantry.registry.misses{unknown}"), 3);
    assert_eq!(recorded.told("tenantry.registry.source.duration{served}"), 1);
    assert_eq!(
        recorded.told("tenantry.registry.source.duration{unknown}"),
        1,
        "two were answered from memory"
    );
    assert_eq!(recorded.count("tenantry.registry.opened"), 1);
    let units = recorded.units.lock().unwrap();
    assert_eq!(units["tenantry.registry.source.duration"], Unit::Seconds);
    assert!(
        before
            .iter()
            .all(|(name, ..)| units.contains_key(name.split('{').next().unwrap()))
    );
}

#[tokio::test(start_paused = true)]
async fn pools_that_leave_are_counted_by_the_reason_and_the_gauges_come_out_right() {
    let (registry, _, recorded) = recorded();
    let (tell, changes) = mpsc::unbounded_channel();
    registry.follow(stream_of(changes));
    let [invalidated, suspended, stays] = [(); 3].map(|()| tenant_id());
    let held = registry.lease(suspended).await.unwrap();
    touch(&registry, invalidated).await;
    touch(&registry, stays).await;
    assert!((recorded.gauge("tenantry.registry.residents") - 3.0).abs() < 0.5);

    registry.invalidate(invalidated);
    tell.send(Change::Tenant(refused(suspended, Some(2)))).unwrap();
    until(|| held.0.is_ended() && registry.stats().closed == 1).await;
    assert_eq!(recorded.count("tenantry.registry.changes{tenant}"), 1);
    assert_eq!(recorded.count("tenantry.registry.closed{changed}"), 1);
    assert!((recorded.gauge("tenantry.registry.residents") - 1.0).abs() < 0.5);
    assert!((recorded.gauge("tenantry.registry.retired") - 1.0).abs() < 0.5);

    drop(held);
    registry.shutdown(LONG).await;
    assert_eq!(recorded.count("tenantry.registry.closed{refused}"), 1);
    assert_eq!(recorded.count("tenantry.registry.closed{shutdown}"), 1);
    registry.lease(stays).await.unwrap_err();
    assert_eq!(recorded.count("tenantry.registry.misses{shutting_down}"), 1);
    for gauge in ["tenantry.registry.residents", "tenantry.registry.retired"] {
        assert!(recorded.gauge(gauge).abs() < 0.5, "{gauge}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_dropped_takes_its_residents_along() {
    let (registry, _, recorded) = recorded();
    touch(&registry, tenant_id()).await;
    drop(registry);
    until(|| recorded.gauge("tenantry.registry.residents").abs() < 0.5).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_counted_by_whose_code_it_was() {
    let recorded = Recorded::default();
    let _here = metrics::set_default_local_recorder(&recorded);
    let (registry, source) = registry(settings());
    let tenant = tenant_id();
    source.set(tenant, Answer::Panics);
    registry.lease(tenant).await.unwrap_err();
    assert_eq!(recorded.count("tenantry.registry.panics{source}"), 1);

    registry.follow(stream::poll_fn(|_| panic!("a defect of the stream")));
    let counted = || {
        recorded
            .cells
            .lock()
            .unwrap()
            .contains_key("tenantry.registry.panics{changes}")
    };
    until(counted).await;
    touch(&registry, tenant_id()).await;
}
