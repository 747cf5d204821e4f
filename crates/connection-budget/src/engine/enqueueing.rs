//! Positions of tenants in the priority queues.

use super::{Core, EngineTypes};
use crate::priority_queues::{Priority, PriorityQueues, Ticket};

impl<E: EngineTypes> Core<E> {
    /// Moves the account to the queue of its current priority, and removes it if it is unused. Does the same for the
    /// tenant's other accounts, which share its maximum.
    pub(super) fn update_position(&mut self, id: u64) {
        let other_accounts = self
            .queues
            .get(&id)
            .map_or_else(Vec::new, |queue| queue.other_accounts.clone());
        self.update_one(id, PriorityQueues::push_back);
        for other in other_accounts {
            self.update_one(other, PriorityQueues::push_back);
        }
    }

    /// As [`update_position`](Self::update_position), at the front of its queue.
    pub(super) fn update_position_first(&mut self, id: u64) {
        self.update_one(id, PriorityQueues::push_front);
        self.update_position(id);
    }

    fn update_one(&mut self, id: u64, push: fn(&mut PriorityQueues, u64, Priority) -> Ticket) {
        let Some(queue) = self.queues.get(&id) else { return };
        let wanted = self.priority(queue);
        if queue.enqueued_as.map(|(priority, _)| priority) != wanted {
            self.requeue(id, wanted, push);
        } else if !queue.is_unused() {
            return;
        }
        if let Some(queue) = self.queues.get(&id)
            && queue.is_unused()
        {
            if queue.closed {
                queue.account.drained.notify_waiters();
            }
            self.remove_queue(id);
        }
    }

    fn requeue(
        &mut self,
        id: u64,
        wanted: Option<Priority>,
        push: fn(&mut PriorityQueues, u64, Priority) -> Ticket,
    ) {
        let entry = wanted.map(|priority| (priority, push(&mut self.priority_queues, id, priority)));
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        if let Some((priority, _)) = std::mem::replace(&mut queue.enqueued_as, entry) {
            let queues = &self.queues;
            self.priority_queues.remove(priority, |account, ticket| {
                let current = queues.get(&account).and_then(|queue| queue.enqueued_as);
                current.is_some_and(|(_, own)| own == ticket)
            });
        }
    }
}
