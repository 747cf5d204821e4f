//! Response bodies of paged lists.

use web::{Json, Page};

/// The page, with each item mapped by `view`.
pub(crate) fn page<T, U>(page: Page<T>, view: impl FnMut(T) -> U) -> Json<admin_types::Page<U>> {
    let Page {
        items, next_cursor, ..
    } = page.map(view);
    Json(admin_types::Page { items, next_cursor })
}
