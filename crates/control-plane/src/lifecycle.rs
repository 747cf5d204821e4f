//! What may become of a tenant, and when.

mod change;
mod create;
mod drive;
mod error;
mod reconciler;
mod start;
mod step;
mod upkeep;

use time::Duration;

use crate::operation::OperationKind;
use crate::tenant::TenantState;

pub use self::create::CreateError;
pub use self::error::{ChangeError, Taken};
pub use self::reconciler::Reconciler;
pub use self::start::Started;
pub(crate) use self::step::StepError;

/// For how long a deleted tenant can be undeleted where nobody says.
pub const DEFAULT_GRACE: Duration = Duration::days(7);

/// What an operator asks to become of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Refuse it from now on, and end its sessions.
    Suspend,
    /// Serve it again.
    Resume,
    /// Delete it: refuse it from now on, and purge it when the grace period is over.
    Offboard {
        /// For how long it can be undeleted, counted from now, also where it was deleted before. `None` is
        /// [`DEFAULT_GRACE`], and leaves a tenant that is deleted already as it is.
        grace: Option<Duration>,
    },
    /// Bring a deleted tenant back.
    Undelete,
    /// Remove a deleted tenant's rows, roles and credentials now.
    Purge,
}

impl Transition {
    /// Whether a tenant in this state is there already, goes there, or cannot.
    pub(crate) const fn from(self, state: TenantState) -> Move {
        use TenantState::{Active, Offboarding, Provisioning, Purged, Suspended};
        match (self, state) {
            (Self::Suspend, Active)
            | (Self::Resume, Suspended)
            | (Self::Offboard { .. }, Provisioning | Active | Suspended)
            | (Self::Undelete | Self::Purge, Offboarding) => Move::Go,
            (Self::Suspend, Suspended)
            | (Self::Resume | Self::Undelete, Active)
            | (Self::Undelete, Provisioning | Suspended)
            | (Self::Offboard { .. }, Offboarding | Purged)
            | (Self::Purge, Purged) => Move::Already,
            (Self::Suspend | Self::Resume, Provisioning | Offboarding | Purged)
            | (Self::Undelete, Purged)
            | (Self::Purge, Provisioning | Active | Suspended) => Move::Refused,
        }
    }

    /// Whether an operation of this kind, which is under way, leads away from where this one wants the tenant to be.
    pub(crate) const fn turns(self, under_way: OperationKind) -> bool {
        matches!(
            (self, under_way),
            (Self::Suspend, OperationKind::Resume) | (Self::Offboard { .. }, OperationKind::Undelete)
        )
    }

    /// The operation that leads there.
    pub(crate) const fn kind(self) -> OperationKind {
        match self {
            Self::Suspend => OperationKind::Suspend,
            Self::Resume => OperationKind::Resume,
            Self::Offboard { .. } => OperationKind::Offboard,
            Self::Undelete => OperationKind::Undelete,
            Self::Purge => OperationKind::Purge,
        }
    }

    /// As it stands in the audit log.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Suspend => "tenant.suspend",
            Self::Resume => "tenant.resume",
            Self::Offboard { .. } => "tenant.delete",
            Self::Undelete => "tenant.undelete",
            Self::Purge => "tenant.purge",
        }
    }
}

/// What a transition means for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// An operation leads there.
    Go,
    /// Nothing is to be done, or what is to be done has begun: asking twice is no error.
    Already,
    /// From where it is no way leads there.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, as a reader would draw it: `+` goes, `=` is there already, `x` is refused.
    #[test]
    fn every_state_answers_every_transition() {
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
                .map(|state| match transition.from(state) {
                    Move::Go => '+',
                    Move::Already => '=',
                    Move::Refused => 'x',
                })
                .iter()
                .collect();
            assert_eq!(found, row, "{transition:?}");
        }
    }
}
