//! Thread schedules explored by shuttle. A lost wake-up shows as a deadlock, which shuttle reports.

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::thread;

use super::simulation::{Answer, SimulatedCluster, SimulatedEngine, account, account_of};
use crate::account::SharedAccount;
use crate::idle_bitmap::Slot;
use crate::slots::PooledConnection;

const SCHEDULES: usize = 1_000;

/// Explores random and PCT schedules: each finds bugs that the other misses.
fn explore(schedule: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(schedule.clone(), SCHEDULES);
    shuttle::check_pct(schedule, SCHEDULES, 3);
}

/// Holds the connection for a moment, and checks that no other thread has it.
fn use_it(taken: &[AtomicBool], answer: &Answer) {
    let (_, pooled) = answer.as_ref().unwrap();
    let mine = &taken[pooled.connection as usize];
    assert!(!mine.swap(true, Ordering::SeqCst), "two owners");
    thread::yield_now();
    mine.store(false, Ordering::SeqCst);
}

fn give_back(cluster: &Arc<SimulatedCluster>, account: &SharedAccount<SimulatedEngine>, answer: Answer) {
    let (slot, pooled): (Slot, PooledConnection<u32>) = answer.unwrap();
    cluster.give_back(account, slot, pooled);
}

fn flags(count: usize) -> Arc<[AtomicBool]> {
    (0..count).map(|_| AtomicBool::new(false)).collect()
}

/// Checks that no waiters are left.
fn assert_no_waiters(cluster: &Arc<SimulatedCluster>, accounts: &[SharedAccount<SimulatedEngine>]) {
    cluster.with(|core| {
        assert!(core.priority_queues.is_empty());
        assert_eq!(core.priority_queues.waiting_tenants(), 0);
        assert!(core.queues.values().all(|queue| queue.waiters.is_empty()));
    });
    for account in accounts {
        assert!(!account.slots.idle.has_waiters(), "the fast path is open again");
    }
}

#[test]
fn three_share_one_connection_of_one_tenant() {
    explore(|| {
        let cluster = SimulatedCluster::new(1);
        let tenant = account(0, 1, 0);
        let taken = flags(1);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (cluster, tenant, taken) = (
                    Arc::clone(&cluster),
                    SharedAccount::clone(&tenant),
                    Arc::clone(&taken),
                );
                thread::spawn(move || {
                    for _ in 0..2 {
                        let answer = cluster.acquire(&tenant);
                        use_it(&taken, &answer);
                        give_back(&cluster, &tenant, answer);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_no_waiters(&cluster, &[tenant]);
    });
}

/// One permit for two tenants: a thread that gives a connection back must see that the other tenant waits, or make it
/// visible to the thread that looks for a victim.
#[test]
fn one_permit_passes_between_two_tenants() {
    explore(|| {
        let cluster = SimulatedCluster::new(1);
        let tenants = [account(0, 2, 0), account(1, 2, 0)];
        let threads: Vec<_> = tenants
            .iter()
            .map(|tenant| {
                let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(tenant));
                thread::spawn(move || {
                    for _ in 0..2 {
                        let answer = cluster.acquire(&tenant);
                        thread::yield_now();
                        give_back(&cluster, &tenant, answer);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_no_waiters(&cluster, &tenants);
    });
}

#[test]
fn two_permits_for_three_tenants_of_which_one_has_more_to_do() {
    explore(|| {
        let cluster = SimulatedCluster::new(2);
        let tenants = [account(0, 2, 0), account(1, 1, 0), account(2, 1, 0)];
        let work = [0, 0, 1, 2];
        let threads: Vec<_> = work
            .iter()
            .map(|tenant| {
                let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenants[*tenant]));
                thread::spawn(move || {
                    let answer = cluster.acquire(&tenant);
                    thread::yield_now();
                    give_back(&cluster, &tenant, answer);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_no_waiters(&cluster, &tenants);
    });
}

/// Cancelled and dropped requests lose no permit and no other waiter.
#[test]
fn cancelled_and_lost_waiters_leak_no_permit() {
    explore(|| {
        let cluster = SimulatedCluster::new(1);
        let tenants = [account(0, 1, 0), account(1, 1, 0)];
        let leaving = {
            let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenants[0]));
            thread::spawn(move || {
                if let Ok((slot, pooled)) = cluster.acquire_or_cancel(&tenant) {
                    cluster.give_back(&tenant, slot, pooled);
                }
            })
        };
        let vanishing = {
            let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenants[0]));
            thread::spawn(move || cluster.acquire_and_drop(&tenant))
        };
        let staying = {
            let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenants[1]));
            thread::spawn(move || {
                let answer = cluster.acquire(&tenant);
                give_back(&cluster, &tenant, answer);
            })
        };
        for thread in [leaving, vanishing, staying] {
            thread.join().unwrap();
        }
        // The permit is available to the next request.
        let answer = cluster.acquire(&tenants[0]);
        give_back(&cluster, &tenants[0], answer);
        assert_no_waiters(&cluster, &tenants);
    });
}

/// Closing an account races with a return and with a waiter.
#[test]
fn a_closed_account_refuses_waiters_and_keeps_no_permit() {
    explore(|| {
        let cluster = SimulatedCluster::new(1);
        let tenant = account(0, 1, 0);
        let users: Vec<_> = (0..2)
            .map(|_| {
                let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenant));
                thread::spawn(move || {
                    if let Ok((slot, pooled)) = cluster.acquire(&tenant) {
                        thread::yield_now();
                        cluster.give_back(&tenant, slot, pooled);
                    }
                })
            })
            .collect();
        cluster.with(|core| core.close_account(&tenant, 0));
        for user in users {
            user.join().unwrap();
        }
        // The permit is available to another tenant.
        let other = account(1, 1, 0);
        let answer = cluster.acquire(&other);
        give_back(&cluster, &other, answer);
        cluster.with(|core| assert!(core.is_drained(&tenant)));
        assert_no_waiters(&cluster, &[other]);
    });
}

/// A discarded connection is replaced when its backend is gone, and a waiter gets the new one.
#[test]
fn a_tenant_at_its_maximum_waits_for_a_backend_to_be_gone_and_no_longer() {
    explore(|| {
        let cluster = SimulatedCluster::new(3);
        let tenant = account(0, 1, 0);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (cluster, tenant) = (Arc::clone(&cluster), SharedAccount::clone(&tenant));
                thread::spawn(move || {
                    let (slot, pooled) = cluster.acquire(&tenant).unwrap();
                    thread::yield_now();
                    cluster.discard(&tenant, slot, pooled);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(
            cluster.max_backends(),
            1,
            "backends of a tenant that may have one"
        );
        assert_no_waiters(&cluster, &[tenant]);
    });
}

/// The pool is replaced while its backend is being closed, which counts against the new pool's maximum.
#[test]
fn connections_of_a_replaced_pool_count_in_the_new_one() {
    explore(|| {
        let cluster = SimulatedCluster::new(3);
        let old = account(0, 1, 0);
        let new = account_of(old.tenant, 1, 1, 0);
        let (slot, pooled) = cluster.acquire(&old).unwrap();
        cluster.discard(&old, slot, pooled);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (cluster, new) = (Arc::clone(&cluster), SharedAccount::clone(&new));
                thread::spawn(move || {
                    let answer = cluster.acquire(&new);
                    thread::yield_now();
                    give_back(&cluster, &new, answer);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(
            cluster.max_backends(),
            1,
            "backends of a tenant that may have one"
        );
        assert_no_waiters(&cluster, &[old, new]);
    });
}

/// The server has fewer connection slots than the cap: no request is refused, and tenants take turns.
#[test]
fn a_server_with_fewer_connections_than_the_cap_serves_every_tenant() {
    explore(|| {
        let cluster = SimulatedCluster::with_limit(3, 1);
        let tenants = [account(0, 2, 0), account(1, 2, 0), account(2, 2, 0)];
        let served = Arc::new(AtomicUsize::new(0));
        for tenant in &tenants {
            let (cluster, tenant, served) = (
                Arc::clone(&cluster),
                SharedAccount::clone(tenant),
                Arc::clone(&served),
            );
            thread::spawn(move || {
                let answer = cluster.acquire(&tenant);
                thread::yield_now();
                give_back(&cluster, &tenant, answer);
                served.fetch_add(1, Ordering::SeqCst);
            });
        }
        while served.load(Ordering::SeqCst) < tenants.len() {
            thread::yield_now();
            cluster.advance(1_000_000);
        }
        assert_eq!(cluster.max_backends(), 1);
        assert_no_waiters(&cluster, &tenants);
    });
}
