//! Single-flight opening of a tenant's pool: one for all callers that ask for the tenant meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::index::{Entry, Lease};
use crate::{LeaseError, TenantPool};

/// What came of an opening.
pub(crate) enum Outcome<P: TenantPool> {
    /// The tenant is resident.
    Open(Opened<P>),
    /// An invalidation or the shutdown overtook it: what it read may be old, so no caller gets it.
    Overtaken,
    /// For all who waited; the next caller starts anew.
    Failed(LeaseError),
}

/// An entry that was just opened, leased for those who wait for it: a burst of openings beyond the cap evicts some
/// before their callers have run, and these get their lease all the same.
pub(crate) struct Opened<P: TenantPool> {
    pub(crate) entry: Arc<Entry<P>>,
    /// None of one that was opened ahead.
    pub(crate) held: Option<Lease<P>>,
}

impl<P: TenantPool> Opened<P> {
    /// A lease, unless a change has come since, or the entry was opened ahead and has left.
    pub(crate) fn into_lease(self) -> Option<Lease<P>> {
        Lease::of(&self.entry).or_else(|| self.held.filter(|_| !self.entry.is_stale()))
    }
}

/// The callers that wait for one opening; none once it is over. The index drops what it replaces later, so nothing
/// that a caller gets is kept in here.
pub(crate) struct Opening<P: TenantPool>(Arc<Waiters<P>>);

type Waiters<P> = Mutex<Option<Vec<oneshot::Sender<Outcome<P>>>>>;

/// One caller's place among them.
pub(crate) struct Waiter<P: TenantPool>(oneshot::Receiver<Outcome<P>>);

impl<P: TenantPool> Opening<P> {
    /// An opening, and its first waiter.
    pub(crate) fn new() -> (Self, Waiter<P>) {
        let (sender, receiver) = oneshot::channel();
        let waiters = Mutex::new(Some(vec![sender]));
        (Self(Arc::new(waiters)), Waiter(receiver))
    }

    /// Whether both are the same opening.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Waits with the others; none once it is over, and then it has left the index.
    pub(crate) fn join(&self) -> Option<Waiter<P>> {
        let (sender, receiver) = oneshot::channel();
        self.waiters().as_mut()?.push(sender);
        Some(Waiter(receiver))
    }

    /// Ends it with this outcome for all who wait.
    pub(crate) fn finish(&self, outcome: &Outcome<P>) {
        for waiter in self.end() {
            // Fails where the caller has gone.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// Ends it without an outcome, if it has not ended.
    pub(crate) fn abort(&self) {
        self.end();
    }

    fn end(&self) -> Vec<oneshot::Sender<Outcome<P>>> {
        self.waiters().take().unwrap_or_default()
    }

    fn waiters(&self) -> MutexGuard<'_, Option<Vec<oneshot::Sender<Outcome<P>>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: TenantPool> Waiter<P> {
    /// Waits for the outcome.
    pub(crate) async fn outcome(self) -> Outcome<P> {
        self.0
            .await
            .unwrap_or_else(|aborted| Outcome::Failed(LeaseError::unavailable(aborted)))
    }
}

impl<P: TenantPool> Clone for Opening<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: TenantPool> Clone for Opened<P> {
    fn clone(&self) -> Self {
        Self {
            entry: Arc::clone(&self.entry),
            held: self.held.clone(),
        }
    }
}

impl<P: TenantPool> Clone for Outcome<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Open(opened) => Self::Open(opened.clone()),
            Self::Overtaken => Self::Overtaken,
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}
