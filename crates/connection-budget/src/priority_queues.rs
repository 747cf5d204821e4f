//! FIFO queues of waiting tenants, one per priority class.
//!
//! Fair by tenant and not by request: a tenant is queued once, however many requests of it wait.

use std::collections::VecDeque;

/// Priority class of a waiting tenant, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Has fewer connections than its floor.
    BelowFloor,
    /// Has no connection.
    NoConnection,
    /// Has connections, and could use one more.
    OneMore,
}

const PRIORITIES: [Priority; 3] = [Priority::BelowFloor, Priority::NoConnection, Priority::OneMore];

/// Unique number of an entry. A removed entry stays in its queue until it is pruned, and no account has its ticket.
pub(crate) type Ticket = u64;

#[derive(Default)]
pub(crate) struct PriorityQueues {
    fifos: [TenantFifo; 3],
    next: Ticket,
}

#[derive(Default)]
struct TenantFifo {
    entries: VecDeque<(u64, Ticket)>,
    /// Entries that are not removed.
    live: usize,
}

impl PriorityQueues {
    pub(crate) fn push_back(&mut self, account: u64, priority: Priority) -> Ticket {
        self.next += 1;
        let fifo = &mut self.fifos[priority as usize];
        fifo.entries.push_back((account, self.next));
        fifo.live += 1;
        self.next
    }

    /// As [`push_back`](Self::push_back), but at the front: for a tenant whose turn it was, and whose login found the
    /// server full.
    pub(crate) fn push_front(&mut self, account: u64, priority: Priority) -> Ticket {
        self.next += 1;
        let fifo = &mut self.fifos[priority as usize];
        fifo.entries.push_front((account, self.next));
        fifo.live += 1;
        self.next
    }

    /// Removes an entry of this priority, and prunes removed entries. `is_current` tells whether the account still has
    /// this ticket.
    pub(crate) fn remove(&mut self, priority: Priority, is_current: impl Fn(u64, Ticket) -> bool) {
        let fifo = &mut self.fifos[priority as usize];
        fifo.live -= 1;
        // Removed entries are pruned at the front, or when they are most of the queue.
        if fifo.entries.len() > 2 * fifo.live + 16 {
            fifo.entries
                .retain(|(account, ticket)| is_current(*account, *ticket));
        }
        while fifo
            .entries
            .front()
            .is_some_and(|(account, ticket)| !is_current(*account, *ticket))
        {
            fifo.entries.pop_front();
        }
    }

    /// Waiting tenants without a connection, or below their floor.
    pub(crate) fn waiting_tenants(&self) -> usize {
        self.fifos[Priority::BelowFloor as usize].live + self.fifos[Priority::NoConnection as usize].live
    }

    /// Whether no tenant waits for a login.
    pub(crate) fn is_empty(&self) -> bool {
        self.fifos.iter().all(|fifo| fifo.live == 0)
    }

    /// All entries, the most urgent first, including removed ones.
    pub(crate) fn by_priority(&self) -> impl Iterator<Item = (u64, Ticket, Priority)> + '_ {
        PRIORITIES.into_iter().flat_map(|priority| {
            let entries = self.fifos[priority as usize].entries.iter();
            entries.map(move |(account, ticket)| (*account, *ticket, priority))
        })
    }
}
