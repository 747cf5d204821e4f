//! Transitions between the states of a tenant.

use time::Duration;

use crate::audit::action::AuditAction;
use crate::operation::OperationKind;
use crate::tenant::state::TenantState;

/// The default grace period of a deleted tenant.
pub const DEFAULT_GRACE: Duration = Duration::days(7);

/// A requested change of a tenant's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Refuse requests from now on, and end the tenant's sessions.
    Suspend,
    /// Serve the tenant again.
    Resume,
    /// Delete the tenant: refuse requests from now on, and purge it after the grace period.
    Offboard {
        /// How long it can be undeleted, counted from now, also where it was deleted before. `None` is
        /// [`DEFAULT_GRACE`], and leaves the time of a deleted tenant unchanged.
        grace: Option<Duration>,
    },
    /// Bring a deleted tenant back.
    Undelete,
    /// Delete the rows, roles and credentials of a deleted tenant now.
    Purge,
}

impl Transition {
    /// Decides what the transition means in this state.
    pub(crate) const fn decide(self, state: TenantState) -> Decision {
        use TenantState::{Active, Offboarding, Provisioning, Purged, Suspended};
        match (self, state) {
            (Self::Suspend, Active)
            | (Self::Resume, Suspended)
            | (Self::Offboard { .. }, Provisioning | Active | Suspended)
            | (Self::Undelete | Self::Purge, Offboarding) => Decision::Start,
            (Self::Suspend, Suspended)
            | (Self::Resume | Self::Undelete, Active)
            | (Self::Undelete, Provisioning | Suspended)
            | (Self::Offboard { .. }, Offboarding | Purged)
            | (Self::Purge, Purged) => Decision::Already,
            (Self::Suspend | Self::Resume, Provisioning | Offboarding | Purged)
            | (Self::Undelete, Purged)
            | (Self::Purge, Provisioning | Active | Suspended) => Decision::Refuse,
        }
    }

    /// Whether it reverses a running operation of this kind.
    pub(crate) const fn reverses(self, running: OperationKind) -> bool {
        matches!(
            (self, running),
            (Self::Suspend, OperationKind::Resume) | (Self::Offboard { .. }, OperationKind::Undelete)
        )
    }

    /// The kind of its operation.
    pub(crate) const fn kind(self) -> OperationKind {
        match self {
            Self::Suspend => OperationKind::Suspend,
            Self::Resume => OperationKind::Resume,
            Self::Offboard { .. } => OperationKind::Offboard,
            Self::Undelete => OperationKind::Undelete,
            Self::Purge => OperationKind::Purge,
        }
    }

    /// Its action in the audit log.
    pub(crate) const fn action(self) -> AuditAction {
        match self {
            Self::Suspend => AuditAction::TenantSuspend,
            Self::Resume => AuditAction::TenantResume,
            Self::Offboard { .. } => AuditAction::TenantDelete,
            Self::Undelete => AuditAction::TenantUndelete,
            Self::Purge => AuditAction::TenantPurge,
        }
    }
}

/// What a transition means for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Start its operation.
    Start,
    /// The tenant is in the requested state already, or on the way to it: repeating a request is no error.
    Already,
    /// The transition is not possible from this state.
    Refuse,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: `+` starts, `=` is there already, `x` is refused.
    #[test]
    fn every_transition_is_decided_in_every_state() {
        let grace = Some(Duration::days(1));
        let expected = [
            (Transition::Suspend, "x+=xx"),
            (Transition::Resume, "x=+xx"),
            (Transition::Offboard { grace }, "+++=="),
            (Transition::Undelete, "===+x"),
            (Transition::Purge, "xxx+="),
        ];
        for (transition, row) in expected {
            let found: String = TenantState::ALL
                .map(|state| match transition.decide(state) {
                    Decision::Start => '+',
                    Decision::Already => '=',
                    Decision::Refuse => 'x',
                })
                .iter()
                .collect();
            assert_eq!(found, row, "{transition:?}");
        }
    }
}
