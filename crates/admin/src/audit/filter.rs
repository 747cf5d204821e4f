//! The parameters of the log.

use control_plane::{AuditFilter, Outcome};
use tenant_registry::TenantId;
use web::page::{self, Limit};
use web::read::rule::{choice, text, timestamp, uuid};
use web::{Problem, Query};

/// What a cursor of this list is for.
pub(super) const SHAPE: &str = "audit id desc";

const OUTCOMES: [(&str, Outcome); 3] = [
    (Outcome::Done.as_str(), Outcome::Done),
    (Outcome::Refused.as_str(), Outcome::Refused),
    (Outcome::Failed.as_str(), Outcome::Failed),
];

/// What is asked for: `limit`, `cursor`, `tenant_id`, `actor`, `action`, `outcome`, `since`, `until`.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) limit: Limit,
    pub(super) filter: AuditFilter,
}

impl Filter {
    pub(super) fn read(mut query: Query) -> Result<Self, Problem> {
        let limit = query.optional("limit", Limit::rule());
        let below = query.optional("cursor", page::cursor::<i64>(SHAPE));
        let tenant = query.optional("tenant_id", uuid());
        let actor = query.optional("actor", text(1..=100));
        let action = query.optional("action", text(1..=200));
        let outcome = query.optional("outcome", choice(&OUTCOMES));
        let since = query.optional("since", timestamp());
        let until = query.optional("until", timestamp());
        if let (Some(Some(since)), Some(Some(until))) = (since.get(), until.get())
            && since >= until
        {
            query.wrong("until", "must be later than since");
        }
        let (limit, below, tenant, actor, action, outcome, since, until) =
            query.finish((limit, below, tenant, actor, action, outcome, since, until))?;
        Ok(Self {
            limit: limit.unwrap_or_default(),
            filter: AuditFilter {
                tenant: tenant.map(TenantId::new),
                actor,
                action,
                outcome,
                since,
                until,
                below,
            },
        })
    }
}
