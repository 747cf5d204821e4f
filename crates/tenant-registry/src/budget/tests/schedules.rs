//! Threads in any order. A wake that is lost shows as a deadlock, which shuttle reports.

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::thread;

use super::fake::{Answer, Fake, World, account, account_of};
use crate::budget::account::Shared;
use crate::budget::slots::Seated;
use crate::budget::word::Slot;

const SCHEDULES: usize = 1_000;

/// Random schedules, and such as keep a few threads back at a few points: each finds what the other does not.
fn explore(schedule: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(schedule.clone(), SCHEDULES);
    shuttle::check_pct(schedule, SCHEDULES, 3);
}

/// Holds it for a moment; nobody else may have it meanwhile.
fn use_it(taken: &[AtomicBool], answer: &Answer) {
    let (_, seated) = answer.as_ref().unwrap();
    let mine = &taken[seated.connection as usize];
    assert!(!mine.swap(true, Ordering::SeqCst), "two owners");
    thread::yield_now();
    mine.store(false, Ordering::SeqCst);
}

fn give_back(world: &Arc<World>, account: &Shared<Fake>, answer: Answer) {
    let (slot, seated): (Slot, Seated<u32>) = answer.unwrap();
    world.give_back(account, slot, seated);
}

fn flags(count: usize) -> Arc<[AtomicBool]> {
    (0..count).map(|_| AtomicBool::new(false)).collect()
}

/// What has to hold when nobody is there any more.
fn at_rest(world: &Arc<World>, accounts: &[Shared<Fake>]) {
    world.with(|core| {
        assert!(core.rings.is_empty());
        assert_eq!(core.rings.starving(), 0);
        assert!(core.seats.values().all(|seat| seat.waiters.is_empty()));
    });
    for account in accounts {
        assert!(!account.slots.word.is_slow(), "the fast way is open again");
    }
}

#[test]
fn three_share_one_connection_of_one_tenant() {
    explore(|| {
        let world = World::new(1);
        let tenant = account(0, 1, 0);
        let taken = flags(1);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (world, tenant, taken) = (Arc::clone(&world), Shared::clone(&tenant), Arc::clone(&taken));
                thread::spawn(move || {
                    for _ in 0..2 {
                        let answer = world.acquire(&tenant);
                        use_it(&taken, &answer);
                        give_back(&world, &tenant, answer);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        at_rest(&world, &[tenant]);
    });
}

/// One permit for two tenants: whoever gives a connection back has to see that the other one starves, or has made it
/// visible to whoever looks for a victim.
#[test]
fn one_permit_passes_between_two_tenants() {
    explore(|| {
        let world = World::new(1);
        let tenants = [account(0, 2, 0), account(1, 2, 0)];
        let threads: Vec<_> = tenants
            .iter()
            .map(|tenant| {
                let (world, tenant) = (Arc::clone(&world), Shared::clone(tenant));
                thread::spawn(move || {
                    for _ in 0..2 {
                        let answer = world.acquire(&tenant);
                        thread::yield_now();
                        give_back(&world, &tenant, answer);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        at_rest(&world, &tenants);
    });
}

#[test]
fn two_permits_for_three_tenants_of_which_one_has_more_to_do() {
    explore(|| {
        let world = World::new(2);
        let tenants = [account(0, 2, 0), account(1, 1, 0), account(2, 1, 0)];
        let work = [0, 0, 1, 2];
        let threads: Vec<_> = work
            .iter()
            .map(|tenant| {
                let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenants[*tenant]));
                thread::spawn(move || {
                    let answer = world.acquire(&tenant);
                    thread::yield_now();
                    give_back(&world, &tenant, answer);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        at_rest(&world, &tenants);
    });
}

/// Some give up while others wait: nobody is forgotten, and nobody's permit.
#[test]
fn those_who_leave_and_those_who_vanish_take_nothing_with_them() {
    explore(|| {
        let world = World::new(1);
        let tenants = [account(0, 1, 0), account(1, 1, 0)];
        let leaving = {
            let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenants[0]));
            thread::spawn(move || {
                if let Ok((slot, seated)) = world.acquire_or_leave(&tenant) {
                    world.give_back(&tenant, slot, seated);
                }
            })
        };
        let vanishing = {
            let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenants[0]));
            thread::spawn(move || world.acquire_and_vanish(&tenant))
        };
        let staying = {
            let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenants[1]));
            thread::spawn(move || {
                let answer = world.acquire(&tenant);
                give_back(&world, &tenant, answer);
            })
        };
        for thread in [leaving, vanishing, staying] {
            thread.join().unwrap();
        }
        // And the permit is there for whoever comes next.
        let answer = world.acquire(&tenants[0]);
        give_back(&world, &tenants[0], answer);
        at_rest(&world, &tenants);
    });
}

/// Closing meets somebody who gives back and somebody who waits.
#[test]
fn a_closed_account_lets_nobody_wait_and_keeps_nothing() {
    explore(|| {
        let world = World::new(1);
        let tenant = account(0, 1, 0);
        let users: Vec<_> = (0..2)
            .map(|_| {
                let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenant));
                thread::spawn(move || {
                    if let Ok((slot, seated)) = world.acquire(&tenant) {
                        thread::yield_now();
                        world.give_back(&tenant, slot, seated);
                    }
                })
            })
            .collect();
        world.with(|core| core.shut(&tenant, 0));
        for user in users {
            user.join().unwrap();
        }
        // Another tenant gets the permit: it was given back, however the account's end met its users.
        let other = account(1, 1, 0);
        let answer = world.acquire(&other);
        give_back(&world, &other, answer);
        world.with(|core| assert!(core.is_drained(&tenant)));
        at_rest(&world, &[other]);
    });
}

/// A connection that is not used again is replaced only when its backend is gone, and whoever waits gets the new one.
#[test]
fn a_tenant_at_its_maximum_waits_for_a_backend_to_be_gone_and_no_longer() {
    explore(|| {
        let world = World::new(3);
        let tenant = account(0, 1, 0);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (world, tenant) = (Arc::clone(&world), Shared::clone(&tenant));
                thread::spawn(move || {
                    let (slot, seated) = world.acquire(&tenant).unwrap();
                    thread::yield_now();
                    world.give_up(&tenant, slot, seated);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(world.most(), 1, "backends of a tenant that may have one");
        at_rest(&world, &[tenant]);
    });
}

/// A tenant's pool is replaced while its backend is being closed: the new one has no more than what is left.
#[test]
fn what_leaves_a_replaced_pool_counts_in_the_new_one() {
    explore(|| {
        let world = World::new(3);
        let old = account(0, 1, 0);
        let new = account_of(old.tenant, 1, 1, 0);
        let (slot, seated) = world.acquire(&old).unwrap();
        world.give_up(&old, slot, seated);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (world, new) = (Arc::clone(&world), Shared::clone(&new));
                thread::spawn(move || {
                    let answer = world.acquire(&new);
                    thread::yield_now();
                    give_back(&world, &new, answer);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(world.most(), 1, "backends of a tenant that may have one");
        at_rest(&world, &[old, new]);
    });
}

/// The server has a place less than the cap: nobody is refused, and one takes from the other.
#[test]
fn a_server_with_fewer_places_than_the_cap_serves_everybody() {
    explore(|| {
        let world = World::with_places(3, 1);
        let tenants = [account(0, 2, 0), account(1, 2, 0), account(2, 2, 0)];
        let served = Arc::new(AtomicUsize::new(0));
        for tenant in &tenants {
            let (world, tenant, served) = (Arc::clone(&world), Shared::clone(tenant), Arc::clone(&served));
            thread::spawn(move || {
                let answer = world.acquire(&tenant);
                thread::yield_now();
                give_back(&world, &tenant, answer);
                served.fetch_add(1, Ordering::SeqCst);
            });
        }
        while served.load(Ordering::SeqCst) < tenants.len() {
            thread::yield_now();
            world.pass(1_000_000);
        }
        assert_eq!(world.most(), 1);
        at_rest(&world, &tenants);
    });
}
