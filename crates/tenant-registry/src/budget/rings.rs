//! Who is next: tenants that wait, each once, in the order in which they came to need what they need.
//!
//! Fair by tenant and not by waiter: one with a thousand waiters stands here as often as one with a single waiter.

use std::collections::VecDeque;

/// What a waiting tenant needs, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// It has less than it was promised.
    BelowFloor,
    /// It has no connection at all.
    Without,
    /// It has some, and could use one more.
    More,
}

const CLASSES: [Class; 3] = [Class::BelowFloor, Class::Without, Class::More];

/// A place in a ring. One that was left stays there and is passed over: its number is on no seat any more.
pub(crate) type Ticket = u64;

#[derive(Default)]
pub(crate) struct Rings {
    rings: [Ring; 3],
    next: Ticket,
}

#[derive(Default)]
struct Ring {
    places: VecDeque<(u64, Ticket)>,
    /// Places that were not left.
    count: usize,
}

impl Rings {
    pub(crate) fn join(&mut self, account: u64, class: Class) -> Ticket {
        self.next += 1;
        let ring = &mut self.rings[class as usize];
        ring.places.push_back((account, self.next));
        ring.count += 1;
        self.next
    }

    /// As [`join`](Self::join), but ahead of all others: its turn had come, and the login came to nothing through no
    /// fault of its own.
    pub(crate) fn join_first(&mut self, account: u64, class: Class) -> Ticket {
        self.next += 1;
        let ring = &mut self.rings[class as usize];
        ring.places.push_front((account, self.next));
        ring.count += 1;
        self.next
    }

    /// One place of this class is left. `stands` tells of an account and a ticket whether that place still is.
    pub(crate) fn left(&mut self, class: Class, stands: impl Fn(u64, Ticket) -> bool) {
        let ring = &mut self.rings[class as usize];
        ring.count -= 1;
        // Left places go when they come to the front, or when they are most of the ring.
        if ring.places.len() > 2 * ring.count + 16 {
            ring.places.retain(|(account, ticket)| stands(*account, *ticket));
        }
        while ring
            .places
            .front()
            .is_some_and(|(account, ticket)| !stands(*account, *ticket))
        {
            ring.places.pop_front();
        }
    }

    /// Tenants that wait and have nothing, or less than they were promised.
    pub(crate) fn starving(&self) -> usize {
        self.rings[Class::BelowFloor as usize].count + self.rings[Class::Without as usize].count
    }

    /// Whether somebody waits whom time alone may help.
    pub(crate) fn is_empty(&self) -> bool {
        self.rings.iter().all(|ring| ring.count == 0)
    }

    /// Everybody who waits, the most pressing first. Places that were left are among them.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (u64, Ticket, Class)> + '_ {
        CLASSES.into_iter().flat_map(|class| {
            let places = self.rings[class as usize].places.iter();
            places.map(move |(account, ticket)| (*account, *ticket, class))
        })
    }
}
