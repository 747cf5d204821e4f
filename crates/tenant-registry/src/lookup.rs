//! Lookup of a tenant at its source. Only misses come here.
//!
//! A miss is single-flight by the opening in the tenant's slot of the index, not by moka's `try_get_with`: an
//! invalidation while `try_get_with` runs its initializer removes nothing, since there is nothing yet, and the
//! initializer then inserts what it read before the change. An opening is current only while it is in its slot, which
//! an invalidation empties; what it read is then dropped, and callers that waited start over.

pub(crate) mod admission;
pub(crate) mod backoff;
mod negative_cache;
pub(crate) mod opener;
pub(crate) mod opening;
mod outage;
mod rate_limit;
mod seen_tenants;

use tokio::time::{Instant, timeout_at};

pub(crate) use self::admission::Admission;
use self::admission::{Turn, busy};
pub(crate) use self::negative_cache::NegativeCache;
use self::opening::Opening;
pub(crate) use self::outage::Outage;
use crate::clock::after;
use crate::observe::outcome::OutcomeLabel;
use crate::registry::Inner;
use crate::{LeaseError, Reload, SourceError, TenantId, TenantPool, TenantSpec};

impl<P: TenantPool> Inner<P> {
    /// A turn to look up this tenant, if there is one within the time limit. An outage of the source is reported
    /// first: a turn would be for nothing.
    pub(crate) fn turn(&self, tenant: TenantId) -> Result<Turn, LeaseError> {
        self.outage.check()?;
        self.admission.turn(tenant, after(self.settings.open_timeout))
    }

    /// The source's answer for the tenant; none if a change has overtaken the opening.
    pub(crate) async fn look_up(
        &self,
        turn: Turn,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        self.closing
            .run_until_cancelled(self.look_up_in_turn(turn, tenant, opening, reload))
            .await
            .ok_or(LeaseError::ShuttingDown)?
    }

    async fn look_up_in_turn(
        &self,
        turn: Turn,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        let _permit = self.admission.permit(turn).await?;
        // The wait may have been long.
        self.outage.check()?;
        let until = turn.until;
        let started = Instant::now();
        if started >= until {
            // Not an attempt either, which others could make in time.
            return Err(busy());
        }
        let attempt = self.outage.attempt()?;
        let answer = match timeout_at(until, reload.load()).await {
            Ok(answer) => answer,
            // Most of the time went into the wait: that says nothing against the source.
            Err(_) if started.elapsed() < self.settings.open_timeout / 2 => return Err(busy()),
            Err(late) => Err(SourceError::unavailable(late)),
        };
        self.counters
            .metrics
            .lookup(OutcomeLabel::of_lookup(&answer), started.elapsed());
        if !matches!(answer, Err(SourceError::Unavailable(_))) {
            self.outage.answered();
        }
        if !matches!(answer, Err(SourceError::Unavailable(_) | SourceError::Unknown)) {
            self.admission.tenant_seen(tenant);
        }
        let error = match answer {
            Ok(spec) => return Ok(Some(spec)),
            Err(error) => error,
        };
        let wait = match error {
            SourceError::Unavailable(_) => self.outage.failed(&attempt, tenant, &error),
            SourceError::Unknown => self.settings.unknown_memory,
            _ => self.settings.refused_memory,
        };
        let is_current = || self.index.is_current(tenant, opening);
        if !self
            .negative_cache
            .insert(tenant, &error, after(wait), is_current)
        {
            return Ok(None);
        }
        Err(LeaseError::Source {
            error,
            retry_after: Some(wait),
        })
    }
}
