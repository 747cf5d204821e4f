//! Source of fresh credentials for a pool whose own are refused.

use std::pin::Pin;

use sqlx::postgres::PgConnectOptions;

/// A future of [`Credentials`]; boxed so that a source of credentials is an object.
pub type CredentialsFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The source of a pool's credentials, asked when the server refuses those that the pool has. A panic of it is caught
/// and counted as a failed login.
pub trait Credentials: Send + Sync + 'static {
    /// The current credentials. `None` if there are none, or they are unavailable.
    fn load(&self) -> CredentialsFuture<'_, Option<PgConnectOptions>>;

    /// The server does not let in the login that [`load`](Self::load) has just returned: its password is refused (SQLSTATE
    /// 28P01), or it has NOLOGIN (28000). The default does nothing.
    fn refused(&self) -> CredentialsFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// No other credentials than those that the pool was opened with.
impl Credentials for () {
    fn load(&self) -> CredentialsFuture<'_, Option<PgConnectOptions>> {
        Box::pin(async { None })
    }
}
