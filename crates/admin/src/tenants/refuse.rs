//! Why a tenant is not created or changed, as a client is told.

use control_plane::{ChangeError, CreateError, Taken};
use web::{Code, FieldError, Problem};

use crate::store_failed::store_failed;

pub(super) fn creation(error: CreateError) -> Problem {
    match error {
        CreateError::Exists(taken) => exists(taken),
        CreateError::Limits(wrong) => limits(wrong),
        CreateError::Store(error) => store_failed(error),
        CreateError::NotProvisioned { .. } => Problem::new(Code::TenantNotReady).caused_by(error),
        CreateError::Vault(_) => Problem::internal(error),
    }
}

pub(super) fn change(error: ChangeError) -> Problem {
    match error {
        ChangeError::Unknown(_) => Code::TenantUnknown.into(),
        ChangeError::State(_) | ChangeError::Purging => {
            Problem::new(Code::TenantStateConflict).detail(error.to_string())
        }
        ChangeError::Revision(_) => Code::PreconditionFailed.into(),
        ChangeError::Taken(taken) => exists(taken),
        ChangeError::Limits(wrong) => limits(wrong),
        ChangeError::Store(error) => store_failed(error),
    }
}

fn exists(taken: Taken) -> Problem {
    Problem::new(Code::TenantExists).detail(format!("{taken} is taken"))
}

fn limits(wrong: String) -> Problem {
    Problem::validation(vec![FieldError {
        field: "reserved_connections".to_owned(),
        detail: wrong.into(),
    }])
}
