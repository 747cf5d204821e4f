//! One question to the source, for one opening.

use tokio::time::{Instant, timeout_at};

use crate::admission::{Turn, busy};
use crate::answer::Answer;
use crate::clock::after;
use crate::opening::Opening;
use crate::registry::Inner;
use crate::{LeaseError, Reload, SourceError, TenantId, TenantPool, TenantSpec};

impl<P: TenantPool> Inner<P> {
    /// The right to ask the source for this tenant, if there is one within the time limit. An outage of the source is
    /// told first: a turn would be for nothing.
    pub(crate) fn turn(&self, tenant: TenantId) -> Result<Turn, LeaseError> {
        self.outage.check()?;
        self.admission.turn(tenant, after(self.settings.open_timeout))
    }

    /// What the source says of the tenant; nothing if a change has overtaken the opening.
    pub(crate) async fn ask(
        &self,
        turn: Turn,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        self.closing
            .run_until_cancelled(self.ask_in(turn, tenant, opening, reload))
            .await
            .ok_or(LeaseError::ShuttingDown)?
    }

    async fn ask_in(
        &self,
        turn: Turn,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        let _place = self.admission.place(turn).await?;
        // The wait may have been long.
        self.outage.check()?;
        let until = turn.until;
        let asked = Instant::now();
        if asked >= until {
            // Not an attempt either, which others could make in time.
            return Err(busy());
        }
        let attempt = self.outage.attempt()?;
        let answer = match timeout_at(until, reload.load()).await {
            Ok(answer) => answer,
            // Most of the time went into the wait: that says nothing against the source.
            Err(_) if asked.elapsed() < self.settings.open_timeout / 2 => return Err(busy()),
            Err(late) => Err(SourceError::unavailable(late)),
        };
        self.counters
            .meters
            .asked(Answer::of_answer(&answer), asked.elapsed());
        if !matches!(answer, Err(SourceError::Unavailable(_))) {
            self.outage.answered();
        }
        if !matches!(answer, Err(SourceError::Unavailable(_) | SourceError::Unknown)) {
            self.admission.known(tenant);
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
        let stands = || self.residents.stands(tenant, opening);
        if !self.memory.remember(tenant, &error, after(wait), stands) {
            return Ok(None);
        }
        Err(LeaseError::Source {
            error,
            retry_after: Some(wait),
        })
    }
}
