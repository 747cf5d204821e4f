//! Accounts of one tenant, which share its maximum.

use super::{Core, EngineTypes, SharedAccount, TenantQueue};
use crate::priority_queues::Priority;

impl<E: EngineTypes> Core<E> {
    /// The account's queue, created if there is none yet.
    pub(super) fn queue_of(&mut self, account: &SharedAccount<E>) -> &mut TenantQueue<E> {
        let mut other_accounts = Vec::new();
        if !self.queues.contains_key(&account.id) {
            let queues = self.by_tenant.entry(account.tenant).or_default();
            other_accounts.clone_from(queues);
            queues.push(account.id);
            for other in &other_accounts {
                if let Some(queue) = self.queues.get_mut(other) {
                    queue.other_accounts.push(account.id);
                }
            }
        }
        let empty = || TenantQueue::new(SharedAccount::clone(account), other_accounts);
        self.queues.entry(account.id).or_insert_with(empty)
    }

    /// Removes the queue of an unused account.
    pub(super) fn remove_queue(&mut self, id: u64) {
        let Some(queue) = self.queues.remove(&id) else {
            return;
        };
        for other in &queue.other_accounts {
            if let Some(other) = self.queues.get_mut(other) {
                other.other_accounts.retain(|of| *of != id);
            }
        }
        let tenant = queue.account.tenant;
        if queue.other_accounts.is_empty() {
            self.by_tenant.remove(&tenant);
        } else if let Some(queues) = self.by_tenant.get_mut(&tenant) {
            queues.retain(|of| *of != id);
        }
    }

    /// Backends of all the tenant's pools that are being closed or in quarantine.
    pub(crate) fn closing_of_tenant(&self, queue: &TenantQueue<E>) -> u32 {
        let of_others = queue.other_accounts.iter().filter_map(|id| self.queues.get(id));
        queue.closing + of_others.map(|other| other.closing).sum::<u32>()
    }

    /// The priority queue in which the account belongs.
    pub(crate) fn priority(&self, queue: &TenantQueue<E>) -> Option<Priority> {
        queue.priority(self.floor(queue), self.closing_of_tenant(queue))
    }
}
