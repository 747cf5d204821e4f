//! Ledger of permits, each in exactly one state: `free + opening + open + closing + quarantine = cap`.

/// The number of permits in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// All permits: the sum of the others. Above the target only until enough connections are closed.
    pub cap: u32,
    /// Not in use.
    pub free: u32,
    /// Logging in.
    pub opening: u32,
    /// Open connections, checked out or idle.
    pub open: u32,
    /// Being closed: the server may still have the backend.
    pub closing: u32,
    /// Closed, but the server could not be queried yet whether the backend is gone.
    pub quarantine: u32,
}

/// The states of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PermitState {
    Free,
    Opening,
    Open,
    Closing,
    Quarantine,
}

impl Ledger {
    fn count(&mut self, state: PermitState) -> &mut u32 {
        match state {
            PermitState::Free => &mut self.free,
            PermitState::Opening => &mut self.opening,
            PermitState::Open => &mut self.open,
            PermitState::Closing => &mut self.closing,
            PermitState::Quarantine => &mut self.quarantine,
        }
    }

    /// Moves one permit. False, and nothing moves, if there is none in `from`.
    #[must_use]
    pub(crate) fn transfer(&mut self, from: PermitState, to: PermitState) -> bool {
        let count = self.count(from);
        let Some(less) = count.checked_sub(1) else {
            debug_assert!(false, "no permit in {from:?} for {to:?}");
            return false;
        };
        *count = less;
        *self.count(to) += 1;
        true
    }

    /// Moves the cap towards `target`: up at once, down as far as permits are free.
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

    /// Open and opening connections.
    pub fn used(&self) -> u32 {
        self.open + self.opening
    }

    #[cfg(test)]
    pub(crate) fn is_balanced(&self) -> bool {
        self.free + self.opening + self.open + self.closing + self.quarantine == self.cap
    }
}
