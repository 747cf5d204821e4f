//! Sequential random events, with the engine's invariants checked after each.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use pg_session::ConnectFailure;
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::mpsc;

use super::simulation::{Answer, SimulatedEngine, account, account_of, core, full, pooled};
use crate::account::SharedAccount;
use crate::engine::{Core, Effect, EnqueueOutcome, LoginFailed};
use crate::idle_bitmap::Slot;
use crate::priority_queues::Priority;
use crate::slots::{Microseconds, PooledConnection};
use crate::sync::AtomicBool;

const RUNS: usize = 300;
const EVENTS: usize = 400;
const TENANTS: u64 = 12;

#[derive(Default)]
struct Environment {
    logins: VecDeque<(SharedAccount<SimulatedEngine>, Slot, u64)>,
    closes: VecDeque<(SharedAccount<SimulatedEngine>, Option<u64>)>,
    quarantine: VecDeque<SharedAccount<SimulatedEngine>>,
    probes: VecDeque<SharedAccount<SimulatedEngine>>,
    waiting: Vec<(SharedAccount<SimulatedEngine>, u64, mpsc::Receiver<Answer>)>,
    held: Vec<(SharedAccount<SimulatedEngine>, Slot, PooledConnection<u32>)>,
    connections: u32,
}

struct Model {
    core: Core<SimulatedEngine>,
    accounts: Vec<SharedAccount<SimulatedEngine>>,
    environment: Environment,
    now: Microseconds,
    cap: u32,
}

#[test]
fn invariants_hold_after_every_event() {
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
        let steal_requested = Arc::new(AtomicBool::new(false));
        let cap = random.gen_range(1..10);
        let mut core = core(cap, &steal_requested);
        let accounts: Vec<_> = (0..TENANTS)
            .map(|id| {
                let max = random.gen_range(1..5);
                let floor = if id < 2 { random.gen_range(0..2) } else { 0 };
                account(id, max, floor)
            })
            .collect();
        for account in &accounts {
            core.reserve_floor(account.floor, 0);
        }
        Self {
            core,
            accounts,
            environment: Environment::default(),
            now: 0,
            cap,
        }
    }

    fn any(&self) -> SharedAccount<SimulatedEngine> {
        SharedAccount::clone(&self.accounts[thread_rng().gen_range(0..self.accounts.len())])
    }

    fn event(&mut self) {
        let mut random = thread_rng();
        self.now += random.gen_range(0..20_000);
        let now = self.now;
        // As the periodic task does. After it, each event must dispatch by itself.
        self.core.poll(now);
        self.perform();
        match random.gen_range(0..100) {
            0..35 => self.acquire(),
            35..60 => self.give_back(),
            60..75 => self.log_in(),
            75..85 => {
                if let Some((account, in_flight)) = self.environment.closes.pop_front() {
                    if random.gen_ratio(1, 5) {
                        self.core.close_unconfirmed(in_flight, now);
                        self.environment.quarantine.push_back(account);
                    } else {
                        self.core.backend_closed(&account, in_flight, now);
                    }
                }
            }
            85..90 => {
                if let Some(account) = self.environment.quarantine.pop_front() {
                    self.core.quarantine_resolved(&account, now);
                }
            }
            90..93 => {
                if let Some(place) = (!self.environment.waiting.is_empty())
                    .then(|| random.gen_range(0..self.environment.waiting.len()))
                {
                    let (account, id, answer_rx) = self.environment.waiting.swap_remove(place);
                    self.core.cancel_wait(&account, id, now);
                    self.answered(&account, &answer_rx);
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
            95 => self
                .core
                .server_returned(&HashSet::new(), random.gen_ratio(1, 2), now),
            96 => {
                let place = random.gen_range(0..self.accounts.len());
                let id = self.accounts.iter().map(|account| account.id).max().unwrap() + 1;
                let tenant = self.accounts[place].tenant;
                let old = std::mem::replace(&mut self.accounts[place], account_of(tenant, id, 3, 0));
                self.core.close_account(&old, now);
                self.core.release_floor(old.floor, now);
            }
            97 => {
                if let Some(account) = self.environment.probes.pop_front() {
                    let outcome = if random.gen_ratio(1, 2) {
                        Ok(())
                    } else {
                        Err(refused())
                    };
                    self.core.probed(&account, outcome, now);
                }
            }
            _ => self.core.tick(now),
        }
    }

    fn acquire(&mut self) {
        let account = self.any();
        if let Some((slot, pooled)) = account.slots.take() {
            return self.environment.held.push((account, slot, pooled));
        }
        let (answer_tx, answer_rx) = mpsc::channel();
        match self.core.enqueue(&account, answer_tx, self.now) {
            EnqueueOutcome::Granted(slot, pooled) => self.environment.held.push((account, slot, pooled)),
            EnqueueOutcome::Queued(id) => self.environment.waiting.push((account, id, answer_rx)),
            EnqueueOutcome::Refused(_) => {}
        }
    }

    fn give_back(&mut self) {
        if self.environment.held.is_empty() {
            return;
        }
        let mut random = thread_rng();
        let place = random.gen_range(0..self.environment.held.len());
        let (account, slot, pooled) = self.environment.held.swap_remove(place);
        if random.gen_ratio(1, 10) {
            return self.core.discard(&account, slot, pooled, false, self.now);
        }
        match account.slots.put(slot, pooled, self.now) {
            // Single-threaded: a requested steal happens at once.
            Ok(()) => self.core.poll(self.now),
            Err(pooled) => self.core.give_back(&account, slot, pooled, self.now),
        }
    }

    fn log_in(&mut self) {
        let Some((account, slot, in_flight)) = self.environment.logins.pop_front() else {
            return;
        };
        let mut random = thread_rng();
        match random.gen_range(0..10) {
            0 => self
                .core
                .login_failed(&account, slot, in_flight, failed(false), self.now),
            1 => {
                self.core
                    .login_failed(&account, slot, in_flight, failed(true), self.now);
                self.environment.quarantine.push_back(account);
            }
            2 => {
                self.core.server_full(&account, slot, in_flight, full(), self.now);
            }
            _ => {
                self.environment.connections += 1;
                let mut pooled = pooled(self.environment.connections, self.now);
                pooled.epoch = self.core.epoch();
                self.core
                    .logged_in(&account, slot, in_flight, pooled, 5_000, self.now);
            }
        }
    }

    fn perform(&mut self) {
        for effect in std::mem::take(&mut self.core.out) {
            match effect {
                Effect::Grant(waiter, _, slot, pooled) => waiter.send(Ok((slot, pooled))).unwrap(),
                Effect::Refuse(waiter, refusal) => waiter.send(Err(refusal)).unwrap(),
                Effect::Login(account, slot, in_flight) => {
                    self.environment.logins.push_back((account, slot, in_flight));
                }
                Effect::ProbeServer(account) => self.environment.probes.push_back(account),
                Effect::Close(account, _, in_flight) => {
                    self.environment.closes.push_back((account, in_flight));
                }
            }
        }
        let waiting = std::mem::take(&mut self.environment.waiting);
        for (account, id, answer_rx) in waiting {
            if !self.answered(&account, &answer_rx) {
                self.environment.waiting.push((account, id, answer_rx));
            }
        }
    }

    fn answered(
        &mut self,
        account: &SharedAccount<SimulatedEngine>,
        answer_rx: &mpsc::Receiver<Answer>,
    ) -> bool {
        match answer_rx.try_recv() {
            Ok(Ok((slot, pooled))) => {
                self.environment
                    .held
                    .push((SharedAccount::clone(account), slot, pooled));
                true
            }
            Ok(Err(_)) => true,
            Err(_) => false,
        }
    }

    fn check(&self) {
        let core = &self.core;
        let ledger = core.ledger;
        assert!(ledger.is_balanced(), "{ledger:?}");
        assert!(
            ledger.cap + core.withheld() <= self.cap || ledger.free == 0,
            "{ledger:?} above {} less {}",
            self.cap,
            core.withheld()
        );
        assert_eq!(
            ledger.opening as usize,
            self.environment.logins.len(),
            "{ledger:?}"
        );
        assert_eq!(
            ledger.closing as usize,
            self.environment.closes.len(),
            "{ledger:?}"
        );
        assert_eq!(
            ledger.quarantine as usize,
            self.environment.quarantine.len(),
            "{ledger:?}"
        );
        let mut held: HashMap<u64, u32> = HashMap::new();
        for (account, ..) in &self.environment.held {
            *held.entry(account.id).or_default() += 1;
        }
        let open: u32 = core.queues.values().map(|queue| queue.open).sum();
        assert_eq!(open, ledger.open);
        for queue in core.queues.values() {
            let account = &queue.account;
            let (size, leaving) = (queue.size(), queue.closing);
            assert!(
                size + leaving <= account.max,
                "{size} and {leaving} of {}",
                account.max
            );
            let of_tenant = core
                .queues
                .values()
                .filter(|other| other.account.tenant == account.tenant);
            let all_leaving: u32 = of_tenant.map(|other| other.closing).sum();
            assert_eq!(
                core.closing_of_tenant(queue),
                all_leaving,
                "of all the tenant's accounts"
            );
            let idle = account.slots.idle.count();
            assert_eq!(queue.open, idle + held.get(&account.id).copied().unwrap_or(0));
            assert_eq!(
                account.slots.idle.has_waiters(),
                !queue.waiters.is_empty() && !queue.closed
            );
            assert!(
                idle == 0 || queue.waiters.is_empty(),
                "idle beside its own waiters"
            );
            assert_eq!(
                queue.enqueued_as.map(|(priority, _)| priority),
                core.priority(queue)
            );
            assert_eq!(queue.backends.len(), queue.open as usize);
        }
        let waiting: usize = core.queues.values().map(|queue| queue.waiters.len()).sum();
        assert_eq!(waiting, self.environment.waiting.len());
        self.check_no_tenant_waits_in_vain();
    }

    /// No free permit and no idle connection while a tenant waits and a login could start.
    fn check_no_tenant_waits_in_vain(&self) {
        let core = &self.core;
        let free_to_go = core.queues.values().filter(|queue| {
            let trip = core.breakers.get(queue.account.tenant);
            matches!(
                queue.enqueued_as,
                Some((Priority::BelowFloor | Priority::NoConnection, _))
            ) && trip.is_none_or(|trip| trip.retry_at <= self.now)
        });
        if !core.login_could_start(self.now) || free_to_go.count() <= core.steals_in_flight(self.now) {
            return;
        }
        assert_eq!(core.ledger.free, 0, "a free permit, while a tenant waits");
        for queue in core.queues.values() {
            assert!(
                queue.account.slots.idle.count() == 0 || queue.open <= core.floor(queue),
                "an idle connection, while a tenant waits"
            );
        }
    }

    /// Ends everything, and checks that all permits of the cap are free.
    fn end(mut self) {
        for _ in 0..10_000 {
            self.now += 1_000_000;
            if let Some((account, id, answer_rx)) = self.environment.waiting.pop() {
                self.core.cancel_wait(&account, id, self.now);
                self.answered(&account, &answer_rx);
            }
            if let Some((account, slot, pooled)) = self.environment.held.pop() {
                self.core.discard(&account, slot, pooled, false, self.now);
            }
            self.log_in();
            if let Some((account, in_flight)) = self.environment.closes.pop_front() {
                self.core.backend_closed(&account, in_flight, self.now);
            }
            if let Some(account) = self.environment.quarantine.pop_front() {
                self.core.quarantine_resolved(&account, self.now);
            }
            if let Some(account) = self.environment.probes.pop_front() {
                self.core.probed(&account, Ok(()), self.now);
            }
            for account in self.accounts.clone() {
                self.core.close_account(&account, self.now);
            }
            self.core.tick(self.now);
            self.perform();
            if self.core.queues.is_empty() && self.core.withheld() == 0 {
                let ledger = self.core.ledger;
                assert_eq!((ledger.cap, ledger.free), (self.cap, self.cap), "{ledger:?}");
                assert!(self.core.priority_queues.is_empty());
                return;
            }
        }
        panic!("something is left: {:?}", self.core.ledger);
    }
}

fn refused() -> ConnectFailure {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into()).into()
}

fn failed(timed_out: bool) -> LoginFailed {
    LoginFailed {
        cause: refused(),
        timed_out,
        lingers: timed_out,
    }
}
