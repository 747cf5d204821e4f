//! Lists, a page or all of them.

use serde_json::Value;

use super::{AdminClient, ClientError, Request};
use crate::cli::service::PageArgs;

/// Items asked for at once where all are wanted: the most that the service gives.
const MOST: u16 = 500;

impl AdminClient {
    /// One page as it was answered, or all of them joined into one that has no next.
    ///
    /// # Errors
    /// When a page is not answered, or is none.
    pub(crate) async fn list(&self, request: Request, page: &PageArgs) -> Result<Value, ClientError> {
        let limit = page.limit.or(page.all.then_some(MOST));
        let request = request.maybe("limit", limit.map(|limit| limit.to_string()));
        let mut whole = self.page(&request, page.cursor.as_deref()).await?;
        while page.all
            && let Some(cursor) = next_cursor(&whole).map(str::to_owned)
        {
            let mut next = self.page(&request, Some(&cursor)).await?;
            whole["next_cursor"] = next["next_cursor"].take();
            if let (Some(all), Some(items)) = (whole["items"].as_array_mut(), next["items"].as_array_mut()) {
                all.append(items);
            }
        }
        Ok(whole)
    }

    async fn page(&self, request: &Request, cursor: Option<&str>) -> Result<Value, ClientError> {
        let page = self.send(&request.clone().maybe("cursor", cursor)).await?.body;
        match page["items"] {
            Value::Array(_) => Ok(page),
            _ => Err(ClientError::NotUnderstood("it is no list")),
        }
    }
}

/// Where the next page begins, if there is one.
pub(crate) fn next_cursor(page: &Value) -> Option<&str> {
    page.get("next_cursor").and_then(Value::as_str)
}
