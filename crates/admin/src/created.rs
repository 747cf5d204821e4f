//! Where the next page of a list begins that is sorted by the time of creation, as it stands in a cursor.

use control_plane::CreatedAt;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use web::read::timestamp;

/// The last row's place.
#[derive(Serialize, Deserialize)]
pub(crate) struct Created {
    #[serde(with = "timestamp")]
    pub(crate) at: OffsetDateTime,
    pub(crate) id: Uuid,
}

impl From<Created> for CreatedAt {
    fn from(Created { at, id }: Created) -> Self {
        Self { created_at: at, id }
    }
}
