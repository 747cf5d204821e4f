//! Keyset position in a list that is sorted by creation time, as a cursor contains it.

use control_plane::CreatedAt;
use pg_timestamp::{Timestamp, exact};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Position of a page's last row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Created {
    #[serde(with = "exact")]
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
}

impl From<Created> for CreatedAt {
    fn from(Created { at, id }: Created) -> Self {
        Self { created_at: at, id }
    }
}
