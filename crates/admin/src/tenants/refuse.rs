//! Problem responses for refused creations and changes of tenants.

use control_plane::{ChangeError, CreateError, Taken};
use web::read::wrong_field;
use web::{Code, Problem};

use crate::codes;
use crate::store_failed::store_failed;

/// The field that exceeds the budget.
const RESERVED: &str = "reserved_connections";
/// The field that names a plan.
const PLAN: &str = "plan";

/// What is wrong with it.
const NO_PLAN: &str = "must be the name of a plan that exists";

pub(super) fn creation(error: CreateError) -> Problem {
    match error {
        CreateError::Exists(taken) => exists(taken),
        CreateError::Limits(wrong) => wrong_field(RESERVED, wrong),
        CreateError::Plan(_) => wrong_field(PLAN, NO_PLAN),
        CreateError::Store(error) => store_failed(error),
        CreateError::NotProvisioned { .. } => Problem::new(codes::TENANT_NOT_READY).caused_by(error),
        CreateError::Vault(_) => Problem::internal(error),
    }
}

pub(super) fn change(error: ChangeError) -> Problem {
    match error {
        ChangeError::Unknown(_) => codes::TENANT_UNKNOWN.into(),
        ChangeError::State(_) | ChangeError::Purging => {
            Problem::new(codes::TENANT_STATE).detail(error.to_string())
        }
        ChangeError::Revision(_) => Code::PreconditionFailed.into(),
        ChangeError::Taken(taken) => exists(taken),
        ChangeError::Limits(wrong) => wrong_field(RESERVED, wrong),
        ChangeError::Metadata(wrong) => wrong_field("metadata", wrong.to_string()),
        ChangeError::Plan(_) => wrong_field(PLAN, NO_PLAN),
        ChangeError::Store(error) => store_failed(error),
    }
}

fn exists(taken: Taken) -> Problem {
    Problem::new(codes::TENANT_EXISTS).detail(format!("{taken} is taken"))
}
