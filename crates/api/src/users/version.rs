//! The version of a user: its entity tag, and the preconditions of a change.
//!
//! The version is `updated_at`, which every change sets to a later moment, be it by a microsecond: see the statements of
//! [`change`](super::change) and [`replace`](super::replace). So no two versions of a row have the same tag, and neither
//! have a deleted user and one that is later added with its id. A column that counts changes would begin anew there, and
//! `xmin` is another one after a restore.

use std::ops::Range;

use axum::extract::FromRequestParts;
use http::request::Parts;
use pg_timestamp::Timestamp;
use tenant_registry::TenantDb;
use uuid::Uuid;
use web::extract::{Preconditions, Versions};
use web::openapi::{Input, Inputs};
use web::{Code, Problem};

use super::{User, show};
use crate::describe::TenantPlane;

/// The entity tag of this user: PostgreSQL's count of microseconds.
pub(super) fn tag(user: &User) -> String {
    user.updated_at.micros().to_string()
}

/// PostgreSQL's range of `timestamptz` but for the infinities, from 4714 BC to the year 294276, in microseconds from 2000 on
/// (`MIN_TIMESTAMP` and `END_TIMESTAMP` of its `datatype/timestamp.h`). It refuses any other as a parameter.
const MICROS: Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// The version in a tag. `None` for one that is never sent.
fn version(tag: &str) -> Option<Timestamp> {
    let micros: i64 = tag.parse().ok()?;
    (micros.to_string() == tag && MICROS.contains(&micros)).then(|| Timestamp::from_micros(micros))
}

/// The versions at which a change may be made. Its statement compares them, in the condition that selects the row: of two
/// concurrent changes of one version, the second waits for the first and then finds another version.
#[derive(Debug)]
pub(super) struct Expected {
    versions: Versions<Timestamp>,
    may_be_missing: bool,
}

impl Expected {
    /// Whether the user may be missing, for what adds it then: `If-Match` names one that exists.
    pub(super) fn may_be_missing(&self) -> bool {
        self.may_be_missing
    }

    /// Whether there is no precondition.
    fn allow_any(&self) -> bool {
        self.may_be_missing && self.except().is_empty() && self.only().is_none()
    }

    /// For `updated_at = ANY (…)`; `None` allows any.
    pub(super) fn only(&self) -> Option<&[Timestamp]> {
        match &self.versions {
            Versions::Only(versions) => Some(versions),
            Versions::Except(_) => None,
        }
    }

    /// For `updated_at <> ALL (…)`.
    pub(super) fn except(&self) -> &[Timestamp] {
        match &self.versions {
            Versions::Only(_) => &[],
            Versions::Except(versions) => versions,
        }
    }

    /// The user as it is, for a change without a field.
    pub(super) async fn current(&self, db: &TenantDb, id: Uuid) -> Result<User, Problem> {
        let user = show::find(db, id).await?;
        if self.versions.contain(&user.updated_at) {
            Ok(user)
        } else {
            Err(Code::PreconditionFailed.into())
        }
    }

    /// Why a statement found no user to change. One that is another tenant's is not found, whatever was expected of it.
    pub(super) async fn refusal(&self, db: &TenantDb, id: Uuid) -> Problem {
        match show::find(db, id).await {
            // It was added after the statement.
            Ok(_) if self.allow_any() => Code::NotFound.into(),
            Ok(_) => Code::PreconditionFailed.into(),
            Err(problem) => problem,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Expected {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let preconditions = Preconditions::from_request_parts(parts, state).await?;
        Ok(Self {
            versions: preconditions.versions(version),
            may_be_missing: preconditions.if_match.is_none(),
        })
    }
}

impl Input<TenantPlane> for Expected {
    fn describe(inputs: &mut Inputs) {
        <Preconditions as Input<TenantPlane>>::describe(inputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_only_as_it_is_written() {
        for micros in [0, -1, 823_456_789_012_345, MICROS.start, MICROS.end - 1] {
            assert_eq!(version(&micros.to_string()), Some(Timestamp::from_micros(micros)));
        }
        for other in ["", "x", "+1", "01", "-0", " 1", "1.0", "9223372036854775808"] {
            assert_eq!(version(other), None, "{other}");
        }
        for micros in [i64::MIN, MICROS.start - 1, MICROS.end, i64::MAX] {
            assert_eq!(version(&micros.to_string()), None, "{micros}");
        }
    }
}
