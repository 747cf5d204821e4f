//! Admin tokens by id and by name.

use admin_types::{AdminToken, Page};
use uuid::Uuid;

use super::id_or_name::is_named;
use super::{AdminClient, ClientError, IdOrName, Paging, Request};

/// The path of admin tokens.
pub(crate) const ADMIN_TOKENS: &str = "/admin/v1/admin-tokens";

impl AdminClient {
    /// The token's id. Of several tokens with its name, the one that is not revoked is meant.
    ///
    /// # Errors
    /// When no token has that name, or several have it.
    pub(crate) async fn token(&self, token: &IdOrName) -> Result<Uuid, ClientError> {
        let name = match token {
            IdOrName::Id(id) => return Ok(*id),
            IdOrName::Name(name) => name,
        };
        let paging = Paging {
            all: true,
            ..Paging::default()
        };
        let page: Page<_> = self.list(Request::get(ADMIN_TOKENS), &paging).await?;
        let tokens = page.items.iter().map(|token| serde_json::from_str(token.get()));
        let mut tokens = tokens.collect::<Result<Vec<AdminToken>, _>>()?;
        tokens.retain(|token| is_named(&token.name, name));
        if tokens.iter().any(|token| token.revoked_at.is_none()) {
            tokens.retain(|token| token.revoked_at.is_none());
        }
        match tokens.as_slice() {
            [] => Err(ClientError::UnknownName("token", name.clone())),
            [token] => Ok(token.id),
            several => Err(ClientError::AmbiguousToken(several.len(), name.clone())),
        }
    }
}
