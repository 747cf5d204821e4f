//! One question to the source, for one opening.

use tokio::time::{Instant, timeout_at};

use crate::clock::after;
use crate::opening::Opening;
use crate::registry::Inner;
use crate::{LeaseError, Reload, SourceError, TenantId, TenantPool, TenantSpec};

impl<P: TenantPool> Inner<P> {
    /// What the source says of the tenant; nothing if a change has overtaken the opening.
    pub(crate) async fn ask(
        &self,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        let until = after(self.settings.open_timeout);
        self.closing
            .run_until_cancelled(self.ask_until(until, tenant, opening, reload))
            .await
            .ok_or(LeaseError::ShuttingDown)?
    }

    async fn ask_until(
        &self,
        until: Instant,
        tenant: TenantId,
        opening: &Opening<P>,
        reload: &Reload,
    ) -> Result<Option<TenantSpec>, LeaseError> {
        let attempt = self.outage.attempt()?;
        // In an `async` block, since `load` may block or panic before it returns its future.
        let answer = timeout_at(until, async { reload.load().await }).await;
        let answer = answer.unwrap_or_else(|late| Err(SourceError::unavailable(late)));
        if !matches!(answer, Err(SourceError::Unavailable(_))) {
            self.outage.answered();
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
