//! Following changes of tenants.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{Stream, stream};
use tenant_registry::{Change, Refused, Registry, RegistrySettings};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep};

use crate::fakes::{
    Answer, FakePool, FakeSource, LONG, Standing, refused, registry, served, settings, state, tenant_id,
    touch, until, within_long,
};

pub(crate) fn stream_of(changes: UnboundedReceiver<Change>) -> impl Stream<Item = Change> + Send {
    stream::unfold(changes, |mut changes| async {
        changes.recv().await.map(|change| (change, changes))
    })
}

/// A registry that follows the sent changes, over a source at version one.
fn following(settings: RegistrySettings) -> (Registry<FakePool>, Arc<FakeSource>, UnboundedSender<Change>) {
    let (registry, source) = registry(settings);
    source.version.store(1, Ordering::SeqCst);
    let (tell, changes) = mpsc::unbounded_channel();
    registry.follow(stream_of(changes));
    (registry, source, tell)
}

/// Waits until all tasks are idle: the paused clock only advances then.
async fn settled() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_another_version_has_the_tenant_opened_anew() {
    let (registry, source, tell) = following(settings());
    let (changed, same) = (tenant_id(), tenant_id());
    let old = touch(&registry, changed).await;
    let kept = touch(&registry, same).await;

    source.version.store(2, Ordering::SeqCst);
    tell.send(Change::Tenant(served(changed, 2))).unwrap();
    tell.send(Change::Tenant(served(same, 1))).unwrap();
    old.closed().await;

    assert!(
        !old.is_ended(),
        "leases of the old pool stay valid, since the tenant is served"
    );
    assert_eq!(touch(&registry, changed).await.version, 2);
    assert!(Arc::ptr_eq(&touch(&registry, same).await, &kept));
}

#[tokio::test(start_paused = true)]
async fn where_the_source_counts_no_versions_every_notice_has_the_tenant_opened_anew() {
    let (registry, source, tell) = following(settings());
    source.version.store(0, Ordering::SeqCst);
    let tenant = tenant_id();
    let old = touch(&registry, tenant).await;
    tell.send(Change::Tenant(served(tenant, 0))).unwrap();
    old.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_overtakes_an_opening_under_way() {
    let (registry, source, tell) = following(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let leased = tokio::spawn({
        let registry = registry.clone();
        async move { state(&registry.lease(tenant).await.unwrap()) }
    });
    source.loaded(1).await;
    source.version.store(2, Ordering::SeqCst);
    tell.send(Change::Tenant(served(tenant, 2))).unwrap();
    settled().await;
    gate.add_permits(2);
    assert_eq!(within_long(leased).await.unwrap().version, 2);
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_tenant_loses_its_leases_also_those_of_retired_pools() {
    let (registry, source, tell) = following(settings());
    let (tenant, other) = (tenant_id(), tenant_id());
    let neighbour = registry.lease(other).await.unwrap();
    let first = registry.lease(tenant).await.unwrap();
    source.version.store(2, Ordering::SeqCst);
    tell.send(Change::Tenant(served(tenant, 2))).unwrap();
    settled().await;
    let second = registry.lease(tenant).await.unwrap();
    assert_eq!((first.0.version, second.0.version), (1, 2));
    assert!(!first.0.is_ended());

    tell.send(Change::Tenant(refused(tenant, Some(3)))).unwrap();
    until(|| first.0.is_ended() && second.0.is_ended()).await;
    assert!(!neighbour.0.is_ended());
    assert!(!first.0.is_closed(), "still held: the reaper waits");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_overtaken_ends_nothing_newer() {
    let (registry, source, tell) = following(settings());
    source.version.store(3, Ordering::SeqCst);
    let tenant = tenant_id();
    let lease = registry.lease(tenant).await.unwrap();
    tell.send(Change::Tenant(refused(tenant, Some(2)))).unwrap();
    settled().await;
    assert!(!lease.0.is_ended());
    // A deleted tenant is refused whatever its last version was.
    tell.send(Change::Tenant(refused(tenant, None))).unwrap();
    until(|| lease.0.is_ended()).await;
}

#[tokio::test(start_paused = true)]
async fn leases_may_finish_where_the_settings_say_so() {
    let (registry, _, tell) = following(RegistrySettings {
        on_refused: Refused::Finish,
        ..settings()
    });
    let tenant = tenant_id();
    let lease = registry.lease(tenant).await.unwrap();
    let pool = state(&lease);
    tell.send(Change::Tenant(refused(tenant, Some(2)))).unwrap();
    sleep(LONG).await;
    assert!(!pool.is_ended() && !pool.is_closed());
    assert!(
        !Arc::ptr_eq(&touch(&registry, tenant).await, &pool),
        "new leases get another pool"
    );
    drop(lease);
    pool.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_resync_compares_everything_in_chunks() {
    let (registry, source, tell) = following(RegistrySettings {
        max_resident: 5_000,
        ..settings()
    });
    let mut pools = Vec::new();
    for _ in 0..2_500 {
        let tenant = tenant_id();
        pools.push((tenant, touch(&registry, tenant).await));
    }
    let (changed, suspended) = (pools[0].0, pools[1].0);
    let held = registry.lease(suspended).await.unwrap();
    source.stand(Standing::All(
        1,
        vec![served(changed, 2), refused(suspended, Some(2))],
    ));
    tell.send(Change::Resync).unwrap();
    pools[0].1.closed().await;
    until(|| held.0.is_ended()).await;

    settled().await;
    assert_eq!(*source.asked.lock().unwrap(), [1_000, 1_000, 500]);
    let before = source.loads();
    for (tenant, pool) in &pools[2..] {
        assert!(Arc::ptr_eq(&touch(&registry, *tenant).await, pool));
    }
    assert_eq!(source.loads(), before, "who has not changed stays");
}

#[tokio::test(start_paused = true)]
async fn a_resync_reaches_leases_of_pools_retired_before() {
    let (registry, source, tell) = following(settings());
    let tenant = tenant_id();
    let lease = registry.lease(tenant).await.unwrap();
    registry.invalidate(tenant);
    source.stand(Standing::All(1, vec![refused(tenant, None)]));
    tell.send(Change::Resync).unwrap();
    until(|| lease.0.is_ended()).await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_knows_nothing_has_everything_opened_anew() {
    let (registry, _, tell) = following(settings());
    let tenant = tenant_id();
    let pool = touch(&registry, tenant).await;
    tell.send(Change::Resync).unwrap();
    pool.closed().await;
    assert!(!pool.is_ended());
    touch(&registry, tenant).await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_evicts_no_tenant_and_is_retried() {
    let (registry, source, tell) = following(settings());
    let (tenant, changed) = (tenant_id(), tenant_id());
    let pool = touch(&registry, tenant).await;
    let old = touch(&registry, changed).await;
    let gate = Arc::new(Semaphore::new(0));
    let silent = Standing::Gate(gate, Box::default());
    for standing in [Standing::Broken, Standing::Panics, silent] {
        source.stand(standing);
        tell.send(Change::Resync).unwrap();
        sleep(LONG).await;
        for (tenant, pool) in [(tenant, &pool), (changed, &old)] {
            assert!(Arc::ptr_eq(&touch(&registry, tenant).await, pool));
        }
    }
    // At most a second, plus the timeout of the last query.
    source.stand(Standing::All(1, vec![served(changed, 2)]));
    let back = Instant::now();
    old.closed().await;
    assert!(back.elapsed() <= settings().open_timeout + Duration::from_secs(1));
    assert!(Arc::ptr_eq(&touch(&registry, tenant).await, &pool));
}

#[tokio::test(start_paused = true)]
async fn notices_are_heeded_while_a_resync_waits_and_a_second_one_asks_again() {
    let (registry, source, tell) = following(settings());
    let (noticed, missed) = (tenant_id(), tenant_id());
    let held = registry.lease(noticed).await.unwrap();
    let old = touch(&registry, missed).await;
    let gate = Arc::new(Semaphore::new(0));
    // The first answer was read before `missed` changed.
    source.stand(Standing::Gate(
        Arc::clone(&gate),
        Box::new(Standing::All(1, vec![])),
    ));
    tell.send(Change::Resync).unwrap();
    until(|| !source.asked.lock().unwrap().is_empty()).await;

    tell.send(Change::Tenant(refused(noticed, Some(2)))).unwrap();
    until(|| held.0.is_ended()).await;

    source.stand(Standing::All(1, vec![served(missed, 2)]));
    tell.send(Change::Resync).unwrap();
    tell.send(Change::Resync).unwrap();
    settled().await;
    assert_eq!(
        source.asked.lock().unwrap().len(),
        1,
        "they join the one under way"
    );
    gate.add_permits(1);
    old.closed().await;
    settled().await;
    assert_eq!(source.asked.lock().unwrap().len(), 2, "one more for both of them");
}

#[tokio::test(start_paused = true)]
async fn a_resync_overtakes_openings_under_way() {
    let (registry, source, tell) = following(settings());
    let tenant = tenant_id();
    let gate = source.gate(tenant);
    let leased = tokio::spawn({
        let registry = registry.clone();
        async move { state(&registry.lease(tenant).await.unwrap()) }
    });
    source.loaded(1).await;
    source.version.store(2, Ordering::SeqCst);
    tell.send(Change::Resync).unwrap();
    settled().await;
    gate.add_permits(2);
    assert_eq!(within_long(leased).await.unwrap().version, 2);
}

#[tokio::test(start_paused = true)]
async fn a_notice_and_a_resync_forget_failures_at_once() {
    let (registry, source, tell) = following(settings());
    let tenant = tenant_id();
    for change in [Change::Tenant(served(tenant, 2)), Change::Resync] {
        source.set(tenant, Answer::Unknown);
        registry.invalidate(tenant);
        assert!(registry.lease(tenant).await.is_err());
        source.reset(tenant);
        assert!(registry.lease(tenant).await.is_err(), "remembered");
        tell.send(change).unwrap();
        settled().await;
        touch(&registry, tenant).await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_stream_and_with_the_registry() {
    let (registry, source, tell) = following(settings());
    drop(registry);
    within_long(tell.closed()).await;

    let (registry, _) = crate::fakes::registry(settings());
    let (tell, changes) = mpsc::unbounded_channel();
    registry.follow(stream_of(changes));
    source.stand(Standing::KnowsNothing);
    let pool = touch(&registry, tenant_id()).await;
    tell.send(Change::Resync).unwrap();
    drop(tell);
    // The last change is still applied.
    pool.closed().await;
}
