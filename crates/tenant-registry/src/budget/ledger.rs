//! Every permit of the budget is in exactly one place: `free + opening + open + closing + quarantine = cap`.

/// How many connections are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Permits now: the sum of the others. Above the cap that was asked for only until enough have come back.
    pub cap: u32,
    /// Nobody's.
    pub free: u32,
    /// Logging in.
    pub opening: u32,
    /// A tenant's, in use or idle.
    pub open: u32,
    /// Being closed; the server may still have the backend.
    pub closing: u32,
    /// Closed by us, and the server could not be asked yet whether it has let the backend go.
    pub quarantine: u32,
}

/// The places of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Free,
    Opening,
    Open,
    Closing,
    Quarantine,
}

impl Ledger {
    fn count(&mut self, place: Place) -> &mut u32 {
        match place {
            Place::Free => &mut self.free,
            Place::Opening => &mut self.opening,
            Place::Open => &mut self.open,
            Place::Closing => &mut self.closing,
            Place::Quarantine => &mut self.quarantine,
        }
    }

    /// Moves one permit. False, and nothing moves, when there is none at `from`.
    #[must_use]
    pub(crate) fn shift(&mut self, from: Place, to: Place) -> bool {
        let count = self.count(from);
        let Some(less) = count.checked_sub(1) else {
            debug_assert!(false, "no permit in {from:?} for {to:?}");
            return false;
        };
        *count = less;
        *self.count(to) += 1;
        true
    }

    /// Brings the cap towards `target`: upwards at once, downwards as far as permits are free.
    pub(crate) fn resize(&mut self, target: u32) {
        if target > self.cap {
            self.free += target - self.cap;
            self.cap = target;
        } else {
            let less = self.free.min(self.cap - target);
            self.free -= less;
            self.cap -= less;
        }
    }

    /// Connections that are used: open or being opened.
    pub fn used(&self) -> u32 {
        self.open + self.opening
    }

    #[cfg(test)]
    pub(crate) fn adds_up(&self) -> bool {
        self.free + self.opening + self.open + self.closing + self.quarantine == self.cap
    }
}
