//! The names that the command line offers are those of the service.

use admin_types::{AuditEntry, Operation, Plan, Tenant};
use control_plane::{AuditOutcome, DEFAULT_GRACE, OperationKind, OperationState, PlanName, TenantState};

#[test]
fn states_kinds_and_outcomes_are_those_of_the_control_plane() {
    assert_eq!(Tenant::STATES, TenantState::ALL.map(TenantState::as_str));
    assert_eq!(Operation::STATES, OperationState::ALL.map(OperationState::as_str));
    assert_eq!(Operation::KINDS, OperationKind::ALL.map(OperationKind::as_str));
    let outcomes = [AuditOutcome::Done, AuditOutcome::Refused, AuditOutcome::Failed];
    assert_eq!(AuditEntry::OUTCOMES, outcomes.map(AuditOutcome::as_str));
    let default = i64::try_from(Tenant::DEFAULT_GRACE_HOURS).unwrap();
    assert_eq!(default, DEFAULT_GRACE.whole_hours());
    assert_eq!(Plan::DEFAULT, PlanName::DEFAULT);
}
