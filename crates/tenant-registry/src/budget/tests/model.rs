//! Random events, one after the other, against what has to hold after each of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::mpsc;

use super::fake::{Answer, Fake, account, account_of, core, full, seated};
use crate::budget::account::Shared;
use crate::budget::core::{Core, Effect, Joined, LoginFailed};
use crate::budget::rings::Class;
use crate::budget::slots::{Micros, Seated};
use crate::budget::sync::AtomicBool;
use crate::budget::word::Slot;
use crate::probe::ConnectFailure;

const RUNS: usize = 300;
const EVENTS: usize = 400;
const TENANTS: u64 = 12;

#[derive(Default)]
struct Outside {
    logins: VecDeque<(Shared<Fake>, Slot, u64)>,
    closes: VecDeque<(Shared<Fake>, Option<u64>)>,
    quarantine: VecDeque<Shared<Fake>>,
    reaches: VecDeque<Shared<Fake>>,
    waiting: Vec<(Shared<Fake>, u64, mpsc::Receiver<Answer>)>,
    held: Vec<(Shared<Fake>, Slot, Seated<u32>)>,
    connections: u32,
}

struct Model {
    core: Core<Fake>,
    accounts: Vec<Shared<Fake>>,
    outside: Outside,
    now: Micros,
    cap: u32,
}

#[test]
fn what_must_hold_holds_after_every_event() {
    shuttle::check_random(
        || {
            let mut model = Model::new();
            for _ in 0..EVENTS {
                model.event();
                model.perform();
                model.check();
            }
            model.end();
        },
        RUNS,
    );
}

impl Model {
    fn new() -> Self {
        let mut random = thread_rng();
        let hungry = Arc::new(AtomicBool::new(false));
        let cap = random.gen_range(1..10);
        let mut core = core(cap, &hungry);
        let accounts: Vec<_> = (0..TENANTS)
            .map(|id| {
                let max = random.gen_range(1..5);
                let floor = if id < 2 { random.gen_range(0..2) } else { 0 };
                account(id, max, floor)
            })
            .collect();
        for account in &accounts {
            core.promise(account.floor, 0);
        }
        Self {
            core,
            accounts,
            outside: Outside::default(),
            now: 0,
            cap,
        }
    }

    fn any(&self) -> Shared<Fake> {
        Shared::clone(&self.accounts[thread_rng().gen_range(0..self.accounts.len())])
    }

    fn event(&mut self) {
        let mut random = thread_rng();
        self.now += random.gen_range(0..20_000);
        let now = self.now;
        // As the ticks do: what only time brings about. Then an event has to be enough for itself.
        self.core.look(now);
        self.perform();
        match random.gen_range(0..100) {
            0..35 => self.come(),
            35..60 => self.give_back(),
            60..75 => self.log_in(),
            75..85 => {
                if let Some((account, pipeline)) = self.outside.closes.pop_front() {
                    if random.gen_ratio(1, 5) {
                        self.core.unconfirmed(pipeline, now);
                        self.outside.quarantine.push_back(account);
                    } else {
                        self.core.closed(&account, pipeline, now);
                    }
                }
            }
            85..90 => {
                if let Some(account) = self.outside.quarantine.pop_front() {
                    self.core.confirmed(&account, now);
                }
            }
            90..93 => {
                if let Some(place) = (!self.outside.waiting.is_empty())
                    .then(|| random.gen_range(0..self.outside.waiting.len()))
                {
                    let (account, number, told) = self.outside.waiting.swap_remove(place);
                    self.core.leave(&account, number, now);
                    self.answered(&account, &told);
                }
            }
            93 => {
                self.cap = random.gen_range(1..12);
                self.core.set_target(self.cap, now);
            }
            94 => {
                let account = self.any();
                self.core.retire(&account, now);
            }
            95 => self.core.returned(&HashSet::new(), random.gen_ratio(1, 2), now),
            96 => {
                let place = random.gen_range(0..self.accounts.len());
                let id = self.accounts.iter().map(|account| account.id).max().unwrap() + 1;
                let tenant = self.accounts[place].tenant;
                let old = std::mem::replace(&mut self.accounts[place], account_of(tenant, id, 3, 0));
                self.core.shut(&old, now);
                self.core.release_promise(old.floor, now);
            }
            97 => {
                if let Some(account) = self.outside.reaches.pop_front() {
                    let outcome = if random.gen_ratio(1, 2) {
                        Ok(())
                    } else {
                        Err(refused())
                    };
                    self.core.reached(&account, outcome, now);
                }
            }
            _ => self.core.tick(now),
        }
    }

    fn come(&mut self) {
        let account = self.any();
        if let Some((slot, seated)) = account.slots.take() {
            return self.outside.held.push((account, slot, seated));
        }
        let (tell, told) = mpsc::channel();
        match self.core.join(&account, tell, self.now) {
            Joined::Got(slot, seated) => self.outside.held.push((account, slot, seated)),
            Joined::Queued(number) => self.outside.waiting.push((account, number, told)),
            Joined::Refused(_) => {}
        }
    }

    fn give_back(&mut self) {
        if self.outside.held.is_empty() {
            return;
        }
        let mut random = thread_rng();
        let place = random.gen_range(0..self.outside.held.len());
        let (account, slot, seated) = self.outside.held.swap_remove(place);
        if random.gen_ratio(1, 10) {
            return self.core.give_up(&account, slot, seated, false, self.now);
        }
        match account.slots.put(slot, seated, self.now) {
            // One thread: what is hungry is served here and now.
            Ok(()) => self.core.look(self.now),
            Err(seated) => self.core.give_back(&account, slot, seated, self.now),
        }
    }

    fn log_in(&mut self) {
        let Some((account, slot, pipeline)) = self.outside.logins.pop_front() else {
            return;
        };
        let mut random = thread_rng();
        match random.gen_range(0..10) {
            0 => self
                .core
                .login_failed(&account, slot, pipeline, failed(false), self.now),
            1 => {
                self.core
                    .login_failed(&account, slot, pipeline, failed(true), self.now);
                self.outside.quarantine.push_back(account);
            }
            2 => {
                self.core.server_full(&account, slot, pipeline, full(), self.now);
            }
            _ => {
                self.outside.connections += 1;
                let mut seated = seated(self.outside.connections, self.now);
                seated.epoch = self.core.epoch();
                self.core
                    .logged_in(&account, slot, pipeline, seated, 5_000, self.now);
            }
        }
    }

    fn perform(&mut self) {
        for effect in std::mem::take(&mut self.core.out) {
            match effect {
                Effect::Grant(waiter, _, slot, seated) => waiter.send(Ok((slot, seated))).unwrap(),
                Effect::Refuse(waiter, refusal) => waiter.send(Err(refusal)).unwrap(),
                Effect::Login(account, slot, pipeline) => {
                    self.outside.logins.push_back((account, slot, pipeline));
                }
                Effect::Reach(account) => self.outside.reaches.push_back(account),
                Effect::Close(account, _, pipeline) => self.outside.closes.push_back((account, pipeline)),
            }
        }
        let waiting = std::mem::take(&mut self.outside.waiting);
        for (account, number, told) in waiting {
            if !self.answered(&account, &told) {
                self.outside.waiting.push((account, number, told));
            }
        }
    }

    fn answered(&mut self, account: &Shared<Fake>, told: &mpsc::Receiver<Answer>) -> bool {
        match told.try_recv() {
            Ok(Ok((slot, seated))) => {
                self.outside.held.push((Shared::clone(account), slot, seated));
                true
            }
            Ok(Err(_)) => true,
            Err(_) => false,
        }
    }

    fn check(&self) {
        let core = &self.core;
        let ledger = core.ledger;
        assert!(ledger.adds_up(), "{ledger:?}");
        assert!(
            ledger.cap + core.withheld() <= self.cap || ledger.free == 0,
            "{ledger:?} above {} less {}",
            self.cap,
            core.withheld()
        );
        assert_eq!(ledger.opening as usize, self.outside.logins.len(), "{ledger:?}");
        assert_eq!(ledger.closing as usize, self.outside.closes.len(), "{ledger:?}");
        assert_eq!(
            ledger.quarantine as usize,
            self.outside.quarantine.len(),
            "{ledger:?}"
        );
        let mut held: HashMap<u64, u32> = HashMap::new();
        for (account, ..) in &self.outside.held {
            *held.entry(account.id).or_default() += 1;
        }
        let open: u32 = core.seats.values().map(|seat| seat.open).sum();
        assert_eq!(open, ledger.open);
        for seat in core.seats.values() {
            let account = &seat.account;
            let (size, leaving) = (seat.size(), seat.leaving);
            assert!(
                size + leaving <= account.max,
                "{size} and {leaving} of {}",
                account.max
            );
            let of_tenant = core
                .seats
                .values()
                .filter(|other| other.account.tenant == account.tenant);
            let all_leaving: u32 = of_tenant.map(|other| other.leaving).sum();
            assert_eq!(core.leaving(seat), all_leaving, "of all the tenant's accounts");
            let idle = account.slots.word.idle();
            assert_eq!(seat.open, idle + held.get(&account.id).copied().unwrap_or(0));
            assert_eq!(
                account.slots.word.is_slow(),
                !seat.waiters.is_empty() && !seat.closed
            );
            assert!(
                idle == 0 || seat.waiters.is_empty(),
                "idle beside its own waiters"
            );
            assert_eq!(seat.queued.map(|(class, _)| class), core.class(seat));
            assert_eq!(seat.backends.len(), seat.open as usize);
        }
        let waiting: usize = core.seats.values().map(|seat| seat.waiters.len()).sum();
        assert_eq!(waiting, self.outside.waiting.len());
        self.check_nobody_starves_in_vain();
    }

    /// Nothing that could be had, free or idle, while somebody starves and a login could start.
    fn check_nobody_starves_in_vain(&self) {
        let core = &self.core;
        let free_to_go = core.seats.values().filter(|seat| {
            let trip = core.breakers.get(seat.account.tenant);
            matches!(seat.queued, Some((Class::BelowFloor | Class::Without, _)))
                && trip.is_none_or(|trip| trip.retry_at <= self.now)
        });
        if !core.login_could_start(self.now) || free_to_go.count() <= core.steals_under_way(self.now) {
            return;
        }
        assert_eq!(core.ledger.free, 0, "a free permit, and somebody starves");
        for seat in core.seats.values() {
            assert!(
                seat.account.slots.word.idle() == 0 || seat.open <= core.floor(seat),
                "an idle connection, and somebody starves"
            );
        }
    }

    /// Everybody goes; what is left is the cap.
    fn end(mut self) {
        for _ in 0..10_000 {
            self.now += 1_000_000;
            if let Some((account, number, told)) = self.outside.waiting.pop() {
                self.core.leave(&account, number, self.now);
                self.answered(&account, &told);
            }
            if let Some((account, slot, seated)) = self.outside.held.pop() {
                self.core.give_up(&account, slot, seated, false, self.now);
            }
            self.log_in();
            if let Some((account, pipeline)) = self.outside.closes.pop_front() {
                self.core.closed(&account, pipeline, self.now);
            }
            if let Some(account) = self.outside.quarantine.pop_front() {
                self.core.confirmed(&account, self.now);
            }
            if let Some(account) = self.outside.reaches.pop_front() {
                self.core.reached(&account, Ok(()), self.now);
            }
            for account in self.accounts.clone() {
                self.core.shut(&account, self.now);
            }
            self.core.tick(self.now);
            self.perform();
            if self.core.seats.is_empty() && self.core.withheld() == 0 {
                let ledger = self.core.ledger;
                assert_eq!((ledger.cap, ledger.free), (self.cap, self.cap), "{ledger:?}");
                assert!(self.core.rings.is_empty());
                return;
            }
        }
        panic!("something is left: {:?}", self.core.ledger);
    }
}

fn refused() -> ConnectFailure {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into()).into()
}

fn failed(silent: bool) -> LoginFailed {
    LoginFailed {
        cause: refused(),
        silent,
        lingers: silent,
    }
}
