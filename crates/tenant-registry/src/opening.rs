//! A tenant's opening under way: one for all who ask for the tenant meanwhile.

use std::sync::Arc;

use tokio::sync::watch;

use crate::entry::Entry;
use crate::{LeaseError, TenantPool};

/// What came of an opening.
pub(crate) enum Outcome<P> {
    /// Nothing yet.
    Pending,
    /// The tenant is resident.
    Open(Arc<Entry<P>>),
    /// An invalidation or the shutdown overtook it: what it read may be old, so nobody gets it.
    Overtaken,
    /// For all who waited; the next one starts anew.
    Failed(LeaseError),
}

impl<P> Clone for Outcome<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Pending => Self::Pending,
            Self::Open(entry) => Self::Open(Arc::clone(entry)),
            Self::Overtaken => Self::Overtaken,
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

/// Where the outcome will be told.
pub(crate) struct Opening<P>(watch::Receiver<Outcome<P>>);

impl<P: TenantPool> Opening<P> {
    pub(crate) fn new() -> (watch::Sender<Outcome<P>>, Self) {
        let (tell, told) = watch::channel(Outcome::Pending);
        (tell, Self(told))
    }

    /// Whether both are the same opening.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Waits for the outcome.
    pub(crate) async fn outcome(mut self) -> Outcome<P> {
        match self
            .0
            .wait_for(|outcome| !matches!(outcome, Outcome::Pending))
            .await
        {
            Ok(outcome) => outcome.clone(),
            // Its task ended without a word.
            Err(lost) => Outcome::Failed(LeaseError::unavailable(lost)),
        }
    }
}

impl<P> Clone for Opening<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
