//! Compares what is open with the source, when changes may have been missed.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::panics::caught;
use crate::registry::Inner;
use crate::{TenantId, TenantNotice, TenantPool, TenantSource, backoff};

/// So many tenants are asked for at once.
const CHUNK: usize = 1_000;

/// Until each tenant that is open when this begins is compared, however long the source fails.
pub(crate) async fn run<P: TenantPool>(registry: Weak<Inner<P>>) {
    let Some((tenants, asking)) = registry.upgrade().map(|registry| {
        let asking = Asking {
            source: Arc::clone(&registry.source),
            patience: registry.settings.open_timeout,
        };
        (registry.open_tenants(), asking)
    }) else {
        return;
    };
    for chunk in tenants.chunks(CHUNK) {
        let standing = asking.until_answered(chunk).await;
        let Some(registry) = registry.upgrade() else {
            return;
        };
        // Whom the answer leaves out is opened anew.
        let mut untold: HashSet<TenantId> = chunk.iter().copied().collect();
        for notice in standing.unwrap_or_default() {
            registry.heed(notice);
            untold.remove(&notice.tenant);
        }
        for tenant in untold {
            registry.invalidate(tenant);
        }
    }
    tracing::debug!(tenants = tenants.len(), "compared with the source");
}

/// Not the registry: that may end while the source is asked.
struct Asking {
    source: Arc<dyn TenantSource>,
    /// For one answer.
    patience: Duration,
}

impl Asking {
    async fn until_answered(&self, tenants: &[TenantId]) -> Option<Vec<TenantNotice>> {
        let mut failures = 0;
        loop {
            // In an `async` block, since `standing` may panic before it returns its future.
            let ask = caught("source", async { self.source.standing(tenants.to_vec()).await });
            match timeout(self.patience, ask).await {
                Ok(Ok(Ok(standing))) => return standing,
                Ok(Ok(Err(error))) => {
                    tracing::warn!(%error, "tenants cannot be compared with their source yet");
                }
                // It was logged where it was caught.
                Ok(Err(_)) => {}
                Err(_) => tracing::warn!("the source did not say in time how tenants stand"),
            }
            failures += 1;
            sleep(backoff::wait(failures)).await;
        }
    }
}

impl<P: TenantPool> Inner<P> {
    /// Whoever is resident, or left and may still be leased.
    fn open_tenants(&self) -> Vec<TenantId> {
        let mut tenants = HashSet::new();
        self.residents.each(|entry| {
            tenants.insert(entry.body.tenant);
        });
        tenants.extend(self.reaper.retired().all().iter().map(|entry| entry.body.tenant));
        tenants.into_iter().collect()
    }
}
