//! Loom model of leases and retirement, in every order that the memory model allows.
//!
//! The files are compiled a second time here, over loom's primitives in place of the standard library's and tokio's.
//! So no cfg for the whole build is needed, which tokio would follow as well, and the model runs with all other tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::duplicate_mod,
    reason = "the model uses a part of what it compiles again, in modules of its own"
)]

#[path = "entry.rs"]
mod entry;
#[path = "lease.rs"]
mod lease;
#[path = "stripe.rs"]
mod stripe;
mod sync;

use loom::future::block_on;
use loom::thread;
use tokio::time::Instant;
use uuid::Uuid;

use self::entry::Entry;
use self::lease::Lease;
use self::sync::{Arc, AtomicU64, Ordering, count_in_stripe};
use crate::lookup::opener::Purpose;
use crate::{Closed, PoolSnapshot, Reload, TenantPool, TenantSpec};

/// A pool that counts its uses, in an order that only leases and the reaper establish.
struct CountingPool(AtomicU64);

impl TenantPool for CountingPool {
    type Settings = ();

    fn open(_: TenantSpec, _: Reload, (): &()) -> Self {
        Self(AtomicU64::new(0))
    }

    async fn close(&self, _: Instant) -> Closed {
        Closed::Drained
    }

    fn snapshot(&self) -> PoolSnapshot {
        PoolSnapshot::default()
    }
}

fn entry() -> Arc<Entry<CountingPool>> {
    let pool = CountingPool(AtomicU64::new(0));
    let tenant = Uuid::nil().into();
    Arc::new(Entry::new(tenant, 1, pool, 2, 0, Purpose::Lease))
}

/// Bounded to three preemptions, which finds all known kinds of races of so few threads and keeps it to seconds.
fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

/// Leases and uses the pool in this stripe; how often it did.
fn lease_once(entry: &Arc<Entry<CountingPool>>, stripe: usize) -> u64 {
    count_in_stripe(stripe);
    Lease::of(entry).map_or(0, |lease| {
        let second = lease.clone();
        drop(lease);
        second.0.fetch_add(1, Ordering::Relaxed);
        1
    })
}

/// As the reaper does; the uses that it sees when it closes the pool.
fn reap(entry: &Entry<CountingPool>) -> u64 {
    entry.retire();
    block_on(entry.drained());
    entry.body.pool.0.load(Ordering::Relaxed)
}

#[test]
fn the_reaper_waits_for_every_lease_and_sees_all_that_it_did() {
    model(|| {
        let entry = entry();
        let holders = [0, 1].map(|stripe| {
            let entry = Arc::clone(&entry);
            thread::spawn(move || lease_once(&entry, stripe))
        });
        let seen = reap(&entry);
        let leased: u64 = holders.map(|holder| holder.join().unwrap()).iter().sum();
        assert_eq!(seen, leased, "used after it was closed, or not seen");
    });
}

#[test]
fn two_holders_of_one_stripe_wake_the_reaper_once_at_least() {
    model(|| {
        let entry = entry();
        let held = Lease::of(&entry).unwrap();
        let shared = held.clone();
        let other = thread::spawn(move || {
            shared.0.fetch_add(1, Ordering::Relaxed);
            drop(shared);
        });
        let holder = thread::spawn(move || {
            held.0.fetch_add(1, Ordering::Relaxed);
            drop(held);
        });
        // A wake that is lost shows as a deadlock, which loom reports.
        assert_eq!(reap(&entry), 2);
        other.join().unwrap();
        holder.join().unwrap();
    });
}

#[test]
fn no_lease_begins_after_a_retirement_and_one_caller_retires() {
    model(|| {
        let entry = entry();
        let other = {
            let entry = Arc::clone(&entry);
            thread::spawn(move || {
                let first = entry.retire();
                assert!(Lease::of(&entry).is_none());
                first
            })
        };
        let first = entry.retire();
        for stripe in [0, 1] {
            count_in_stripe(stripe);
            assert!(Lease::of(&entry).is_none());
        }
        assert!(first ^ other.join().unwrap());
    });
}

#[test]
fn no_use_is_lost_between_two_ticks() {
    model(|| {
        let entry = entry();
        let user = {
            let entry = Arc::clone(&entry);
            thread::spawn(move || assert_eq!(lease_once(&entry, 1), 1))
        };
        let during = entry.take_used(1);
        user.join().unwrap();
        let after = entry.take_used(2);
        assert!(during || after, "a lease left no trace");
        assert!(!entry.take_used(3), "and is counted for one tick");
    });
}
