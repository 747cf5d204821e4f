//! Tenants, and the order of their lookups.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// How many steps a walk has before it starts over.
const STEPS: usize = 4_096;

/// Who is asked for.
pub(crate) enum Distribution {
    /// One tenant, all the time.
    Hot,
    /// So many tenants, each as likely.
    Uniform(usize),
}

impl Distribution {
    /// All tenants.
    pub(crate) fn tenants(&self) -> Vec<Uuid> {
        let count = match self {
            Self::Hot => 1,
            Self::Uniform(count) => *count,
        };
        (0..count).map(|_| Uuid::new_v4()).collect()
    }
}

/// An order in which to ask for them, for each task.
pub(crate) fn walks(tenants: &[Uuid], tasks: usize) -> Vec<Arc<[Uuid]>> {
    (0..tasks)
        .map(|_| (0..STEPS).map(|_| tenants[draw(tenants.len())]).collect())
        .collect()
}

/// A number below `bound`; as random as a version 4 UUID is.
fn draw(bound: usize) -> usize {
    let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
    // Below 2^32, so it fits and the remainder's bias is of no account.
    u32::from_be_bytes([a, b, c, d]) as usize % bound
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hot => f.write_str("one hot tenant"),
            Self::Uniform(count) => write!(f, "{count} tenants, uniformly"),
        }
    }
}
