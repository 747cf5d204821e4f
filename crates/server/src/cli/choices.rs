//! Arguments that are one of a few names, which `--help` and the completions list.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use control_plane::{OperationKind, OperationState, Outcome, Role, TenantState};

pub(super) fn role() -> impl TypedValueParser<Value = Role> {
    one_of(Role::ALL, Role::as_str)
}

pub(super) fn tenant_state() -> impl TypedValueParser<Value = TenantState> {
    one_of(TenantState::ALL, TenantState::as_str)
}

pub(super) fn operation_state() -> impl TypedValueParser<Value = OperationState> {
    one_of(OperationState::ALL, OperationState::as_str)
}

pub(super) fn operation_kind() -> impl TypedValueParser<Value = OperationKind> {
    one_of(OperationKind::ALL, OperationKind::as_str)
}

pub(super) fn outcome() -> impl TypedValueParser<Value = Outcome> {
    one_of(
        [Outcome::Done, Outcome::Refused, Outcome::Failed],
        Outcome::as_str,
    )
}

fn one_of<T, const N: usize>(all: [T; N], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.map(name)).try_map(move |given| {
        let known = all.into_iter().find(|one| name(*one) == given);
        known.ok_or("none of the possible values")
    })
}
