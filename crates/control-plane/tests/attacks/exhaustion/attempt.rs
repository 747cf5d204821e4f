//! Attempts to exhaust a shared resource: scripts, sessions and the expected end.

/// The statements of an attacker's session.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Script {
    /// These messages, in order.
    Messages(&'static [&'static str]),
    /// A transaction that repeats this statement, in one message.
    OneMessage(&'static str, usize),
    /// A transaction that repeats this statement, in as many messages.
    RoundTrips(&'static str, usize),
    /// A `DO` with this depth of nested blocks, and this statement in each.
    Blocks(&'static str, usize),
}

/// An entry of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExhaustionAttempt {
    pub(crate) name: &'static str,
    pub(super) script: Script,
    pub(super) sessions: usize,
    /// A statement of another session, after the first one has begun.
    pub(super) then: Option<&'static str>,
    /// The SQLSTATEs with which its sessions may end.
    pub(super) expected: &'static str,
}

/// One session.
pub(crate) const fn one(name: &'static str, script: Script, expected: &'static str) -> ExhaustionAttempt {
    several(name, script, 1, expected)
}

/// Several concurrent sessions.
pub(crate) const fn several(
    name: &'static str,
    script: Script,
    sessions: usize,
    expected: &'static str,
) -> ExhaustionAttempt {
    ExhaustionAttempt {
        name,
        script,
        sessions,
        then: None,
        expected,
    }
}

/// A session that holds a lock, and one that waits for it, with all others queued behind.
pub(crate) const fn beside(
    name: &'static str,
    holds: &'static str,
    waits: &'static str,
    expected: &'static str,
) -> ExhaustionAttempt {
    ExhaustionAttempt {
        name,
        script: Script::OneMessage(holds, 1),
        sessions: 1,
        then: Some(waits),
        expected,
    }
}
