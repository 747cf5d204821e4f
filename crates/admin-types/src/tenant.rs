//! Tenants.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Name, moment};

/// A tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its id in another system.
    pub external_id: Option<String>,
    /// `provisioning`, `active`, `suspended`, `offboarding` or `purged`.
    pub state: Name,
    /// A JSON object of the operators' own.
    pub metadata: Box<RawValue>,
    /// The most connections that it may hold; `None` for the service's default.
    pub max_connections: Option<u32>,
    /// Of those that it has opened, how many no other tenant is given.
    pub reserved_connections: u32,
    /// While offboarding: when its data is purged.
    #[serde(with = "moment::option")]
    pub purge_at: Option<OffsetDateTime>,
    /// Since when the data cluster refuses its login.
    #[serde(with = "moment::option")]
    pub login_refused_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// When it changed last.
    #[serde(with = "moment")]
    pub updated_at: OffsetDateTime,
    /// Why its login cannot be used. Of one tenant by itself, and only where the data cluster said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_fault: Option<LoginFault>,
}

impl Tenant {
    /// The states that this version knows.
    pub const STATES: [&str; 5] = ["provisioning", "active", "suspended", "offboarding", "purged"];
    /// The grace period of a deletion that names none, in hours.
    pub const DEFAULT_GRACE_HOURS: u64 = 7 * 24;
}

/// Why a tenant's login cannot be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginFault {
    /// What is wrong with it.
    pub wrong: String,
    /// What mends it.
    pub remedy: String,
}
