//! Query parameters of the audit log.

use control_plane::{AuditAction, AuditFilter, AuditOutcome, UnknownAction};
use pg_timestamp::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;
use web::openapi::one_of;
use web::page::{After, Cursor, Limit, Sorted};
use web::read::{Id, Rfc3339, Text, WrongField};

/// The order of the log.
pub(super) struct NewestFirst;

impl Sorted for NewestFirst {
    const SHAPE: &str = "audit id desc";
    type Key = i64;
}

/// Query parameters of the audit log, before they are checked together.
#[derive(Deserialize, IntoParams)]
struct Parameters {
    limit: Option<Limit>,
    #[param(value_type = Option<Cursor>)]
    cursor: Option<After<NewestFirst>>,
    /// Only entries about this tenant.
    tenant_id: Option<Id>,
    /// A token's name, or a part of the service.
    actor: Option<Text<1, 100>>,
    #[param(schema_with = actions)]
    action: Option<Action>,
    #[param(schema_with = outcomes)]
    outcome: Option<AuditOutcome>,
    /// Only entries of this moment and later ones.
    since: Option<Rfc3339>,
    /// Only earlier entries; later than `since`.
    until: Option<Rfc3339>,
}

impl IntoParams for ListAudit {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Parameters::into_params(place)
    }
}

fn actions() -> RefOr<Schema> {
    one_of(AuditAction::ALL.iter().map(|action| action.as_str()))
}

fn outcomes() -> RefOr<Schema> {
    one_of(admin_types::AuditEntry::OUTCOMES)
}

/// An action, by one of its names.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Action(AuditAction);

impl TryFrom<String> for Action {
    type Error = UnknownAction;

    fn try_from(name: String) -> Result<Self, UnknownAction> {
        name.parse().map(Self)
    }
}

/// The parameters of the log, whose bounds of time are in order.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Parameters")]
pub(super) struct ListAudit {
    pub(super) limit: Limit,
    pub(super) filter: AuditFilter,
}

impl TryFrom<Parameters> for ListAudit {
    type Error = WrongField;

    fn try_from(sent: Parameters) -> Result<Self, WrongField> {
        if let (Some(since), Some(until)) = (sent.since, sent.until)
            && since >= until
        {
            return Err(WrongField::new("until", "must be later than since"));
        }
        Ok(Self {
            limit: sent.limit.unwrap_or_default(),
            filter: AuditFilter {
                tenant: sent.tenant_id.map(|id| Uuid::from(id).into()),
                actor: sent.actor.map(String::from),
                action: sent.action.map(|Action(action)| action),
                outcome: sent.outcome,
                // Neither bound cuts into a microsecond: an entry is within them as if they were compared in full.
                since: sent.since.map(|since| Timestamp::ceil(since.into())),
                until: sent.until.map(|until| Timestamp::ceil(until.into())),
                below: sent.cursor.map(|After(key)| key),
            },
        })
    }
}
