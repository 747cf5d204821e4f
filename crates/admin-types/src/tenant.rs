//! Tenants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Name, RequestLimits, moment};

/// A tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019b2c1d-0b52-7a0e-8f3b-6f5c1f6f2a10",
    "name": "acme",
    "external_id": "crm-4711",
    "state": "active",
    "metadata": {"region": "eu"},
    "max_connections": null,
    "reserved_connections": 0,
    "plan": "pro",
    "limit_overrides": {"requests_per_second": 80, "burst": null},
    "limits": {
        "requests_per_second": 80,
        "burst": null,
        "concurrent_requests": 20,
        "request_timeout_ms": 10000,
        "statement_timeout_ms": 5000,
        "request_body_bytes": null,
        "response_body_bytes": null,
    },
    "purge_at": null,
    "login_refused_at": null,
    "created_at": "2026-11-30T16:02:55.573939Z",
    "updated_at": "2026-11-30T16:02:55.573939Z",
}))]
pub struct Tenant {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its id in another system.
    #[schema(required)]
    pub external_id: Option<String>,
    /// `provisioning`, `active`, `suspended`, `offboarding` or `purged`.
    #[schema(value_type = String)]
    pub state: Name,
    /// A JSON object of the operators' own.
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
    /// The most connections that it may hold; `null` for the service's default.
    #[schema(required)]
    pub max_connections: Option<u32>,
    /// Of those that it has opened, how many no other tenant is given.
    pub reserved_connections: u32,
    // This and the next two are `None` from a service before plans.
    /// The name of its plan.
    #[serde(default)]
    #[schema(required, nullable = false)]
    pub plan: Option<String>,
    /// What it has in place of its plan's limits, by the names of `limits`: a number, or `null` for no limit. Those that
    /// are left out are the plan's.
    #[serde(default)]
    #[schema(required, nullable = false)]
    pub limit_overrides: Option<BTreeMap<String, Option<u32>>>,
    /// The limits of its requests: its plan's, with what it overrides.
    #[serde(default)]
    #[schema(required, nullable = false)]
    pub limits: Option<RequestLimits>,
    /// While offboarding: when its data is purged.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub purge_at: Option<OffsetDateTime>,
    /// Since when the data cluster refuses its login.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub login_refused_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// When it changed last.
    #[serde(with = "moment")]
    pub updated_at: OffsetDateTime,
    /// Why its login cannot be used. Of one tenant by itself, and only where the data cluster said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub login_fault: Option<LoginFault>,
}

impl Tenant {
    /// The states that this version knows.
    pub const STATES: [&str; 5] = ["provisioning", "active", "suspended", "offboarding", "purged"];
    /// The grace period of a deletion that names none, in hours.
    pub const DEFAULT_GRACE_HOURS: u64 = 7 * 24;
}

/// Why a tenant's login cannot be used.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LoginFault {
    /// What is wrong with it.
    pub wrong: String,
    /// What mends it.
    pub remedy: String,
}
