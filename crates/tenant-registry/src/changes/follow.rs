//! Task that applies the source's change notices.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};

use futures_util::future::OptionFuture;
use futures_util::{Stream, StreamExt as _};

use crate::changes::resync;
use crate::panics::panicked;
use crate::registry::Inner;
use crate::{Change, Registry, TenantPool};

impl<P: TenantPool> Registry<P> {
    /// Applies these changes, in a task that ends with the stream or with the registry. Must be called within a tokio
    /// runtime.
    ///
    /// What is resident and not as a notice says is forgotten, as by [`invalidate`](Self::invalidate), and a tenant
    /// that is not served any more loses its leases too if
    /// [`on_refused`](crate::RegistrySettings::on_refused) says so. After a [`Change::Resync`] everything resident is
    /// compared with the source ([`TenantSource::standing`](crate::TenantSource::standing)); while that fails, what is
    /// resident goes on being served, and the source is asked again.
    pub fn follow(&self, changes: impl Stream<Item = Change> + Send + 'static) {
        let registry = Arc::downgrade(&self.inner);
        let ended = self.inner.ended.clone();
        tokio::spawn(async move { ended.run_until_cancelled(follow(registry, changes)).await });
    }
}

/// A comparison under way.
type Resync = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn follow<P: TenantPool>(registry: Weak<Inner<P>>, changes: impl Stream<Item = Change> + Send) {
    let mut changes = pin!(AssertUnwindSafe(changes).catch_unwind().fuse());
    let mut resync: Option<Resync> = None;
    // Changes were missed once more while one was under way: it may have asked for some tenants before that.
    let mut again = false;
    while !changes.is_done() || resync.is_some() {
        // Notices are applied while the source is asked.
        tokio::select! {
            Some(change) = changes.next(), if !changes.is_done() => {
                let Ok(change) = change else {
                    // The stream has ended with this.
                    panicked("changes");
                    continue;
                };
                let Some(registry) = registry.upgrade() else { return };
                registry.counters.metrics.change(&change);
                match change {
                    Change::Tenant(notice) => registry.apply_change(notice),
                    Change::Resync => {
                        registry.discard_unverified();
                        again = resync.is_some();
                        resync.get_or_insert_with(|| Box::pin(resync::run(Arc::downgrade(&registry))));
                    }
                }
            }
            Some(()) = OptionFuture::from(resync.as_mut()), if resync.is_some() => {
                resync = None;
                if std::mem::take(&mut again) {
                    resync = Some(Box::pin(resync::run(Weak::clone(&registry))));
                }
            }
            else => {}
        }
    }
}
