//! Lists, one page or all pages.

use admin_types::{Page, Pools};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{AdminClient, ClientError, Request};

/// The most items that the service puts on a page.
const LARGEST_PAGE: u16 = 500;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paging {
    /// Items on a page; the service's default where it is `None`.
    pub(crate) limit: Option<u16>,
    /// Where to begin.
    pub(crate) cursor: Option<String>,
    /// All pages, joined.
    pub(crate) all: bool,
}

/// A page of a list. Its items stay raw JSON, for `--json`.
pub(crate) trait List: DeserializeOwned + Serialize {
    /// The items, and the cursor of the next page.
    fn parts(&mut self) -> (&mut Vec<Box<RawValue>>, &mut Option<String>);
}

impl List for Page<Box<RawValue>> {
    fn parts(&mut self) -> (&mut Vec<Box<RawValue>>, &mut Option<String>) {
        (&mut self.items, &mut self.next_cursor)
    }
}

impl List for Pools<Box<RawValue>> {
    fn parts(&mut self) -> (&mut Vec<Box<RawValue>>, &mut Option<String>) {
        (&mut self.items, &mut self.next_cursor)
    }
}

impl AdminClient {
    /// One page as it was answered, or all of them joined into one that has no next.
    ///
    /// # Errors
    /// When a page is not answered, or is none.
    pub(crate) async fn list<L: List>(&self, request: Request, paging: &Paging) -> Result<L, ClientError> {
        let limit = paging.limit.or(paging.all.then_some(LARGEST_PAGE));
        let request = request.query("limit", limit.map(|limit| limit.to_string()));
        let mut whole: L = self.page(&request, paging.cursor.as_deref()).await?;
        if !paging.all {
            return Ok(whole);
        }
        let (items, next_cursor) = whole.parts();
        while let Some(cursor) = next_cursor.take() {
            let mut next: L = self.page(&request, Some(&cursor)).await?;
            let (more, cursor) = next.parts();
            items.append(more);
            *next_cursor = cursor.take();
        }
        Ok(whole)
    }

    async fn page<L: List>(&self, request: &Request, cursor: Option<&str>) -> Result<L, ClientError> {
        self.send(&request.clone().query("cursor", cursor)).await?.read()
    }
}
