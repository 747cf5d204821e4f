//! Comparison of open tenants with the source, after changes may have been missed.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::lookup::backoff;
use crate::panics::caught;
use crate::registry::Inner;
use crate::{TenantId, TenantNotice, TenantPool, TenantSource};

/// Tenants in one question.
const CHUNK: usize = 1_000;

/// Ends when each tenant that is open when this begins is compared, however long the source fails.
pub(crate) async fn run<P: TenantPool>(registry: Weak<Inner<P>>) {
    let Some((tenants, query)) = registry.upgrade().map(|registry| {
        let query = StandingQuery {
            source: Arc::clone(&registry.source),
            timeout: registry.settings.open_timeout,
        };
        (registry.open_tenants(), query)
    }) else {
        return;
    };
    for chunk in tenants.chunks(CHUNK) {
        let standing = query.until_answered(chunk).await;
        let Some(registry) = registry.upgrade() else {
            return;
        };
        // Tenants that the answer leaves out are opened anew.
        let mut unanswered: HashSet<TenantId> = chunk.iter().copied().collect();
        for notice in standing.unwrap_or_default() {
            registry.apply_change(notice);
            unanswered.remove(&notice.tenant);
        }
        for tenant in unanswered {
            registry.invalidate(tenant);
        }
    }
    tracing::debug!(tenants = tenants.len(), "compared with the source");
}

/// Holds no registry: that may end while the source is asked.
struct StandingQuery {
    source: Arc<dyn TenantSource>,
    /// Of one answer.
    timeout: Duration,
}

impl StandingQuery {
    async fn until_answered(&self, tenants: &[TenantId]) -> Option<Vec<TenantNotice>> {
        let mut failures = 0;
        loop {
            // In an `async` block, since `standing` may panic before it returns its future.
            let ask = caught("source", async { self.source.standing(tenants.to_vec()).await });
            match timeout(self.timeout, ask).await {
                Ok(Ok(Ok(standing))) => return standing,
                Ok(Ok(Err(error))) => {
                    tracing::warn!(%error, "cannot compare resident tenants with their source; retrying");
                }
                // It was logged where it was caught.
                Ok(Err(_)) => {}
                Err(_) => tracing::warn!("timed out comparing resident tenants with their source; retrying"),
            }
            failures += 1;
            sleep(backoff::wait(failures)).await;
        }
    }
}

impl<P: TenantPool> Inner<P> {
    /// Tenants that are resident, or have left and may still be leased.
    fn open_tenants(&self) -> Vec<TenantId> {
        let mut tenants = HashSet::new();
        self.index.for_each_resident(|entry| {
            tenants.insert(entry.body.tenant);
        });
        tenants.extend(self.reaper.retired().all().iter().map(|entry| entry.body.tenant));
        tenants.into_iter().collect()
    }
}
