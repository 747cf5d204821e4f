//! Keyset position in a list that is sorted by creation time.

use pg_timestamp::Timestamp;
use uuid::Uuid;

/// The position of a page's last row in a list that is sorted by creation time, then by id.
#[derive(Debug, Clone, Copy)]
pub struct CreatedAt {
    /// The row's creation time.
    pub created_at: Timestamp,
    /// The row's id.
    pub id: Uuid,
}
