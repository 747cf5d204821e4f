//! Where a page of a list goes on that is sorted by the time of creation.

use pg_timestamp::Timestamp;
use uuid::Uuid;

/// A place in a list that is sorted by when its rows were made, and by their ids among those that were made at once:
/// that of the last row of the page before.
#[derive(Debug, Clone, Copy)]
pub struct CreatedAt {
    /// When that row was made.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}
