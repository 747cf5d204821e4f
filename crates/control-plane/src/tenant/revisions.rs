//! Optimistic concurrency: the revisions at which a tenant may be changed.

/// The revisions of a tenant at which a change may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revisions {
    /// At these alone.
    Only(Vec<i64>),
    /// At any but these.
    Except(Vec<i64>),
}

impl Revisions {
    /// At any.
    pub const ANY: Self = Self::Except(Vec::new());

    /// Whether the change may be made at this one.
    pub(crate) fn contain(&self, revision: i64) -> bool {
        match self {
            Self::Only(revisions) => revisions.contains(&revision),
            Self::Except(revisions) => !revisions.contains(&revision),
        }
    }
}
