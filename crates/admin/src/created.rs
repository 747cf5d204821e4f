//! Where the next page of a list begins that is sorted by the time of creation, as it stands in a cursor.

use control_plane::CreatedAt;
use pg_timestamp::{Timestamp, exact};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The last row's place.
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
