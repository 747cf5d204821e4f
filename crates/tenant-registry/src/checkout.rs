//! What a pool gives to [`TenantDb`](crate::TenantDb): a connection, and the duty to say in which state it comes back.

use sqlx::postgres::PgConnection;

use crate::{Failure, Lease, TenantPool};

/// A pool whose connections a [`TenantDb`](crate::TenantDb) can use.
pub trait Checkouts: TenantPool {
    /// A connection that was taken out; it goes back when it is dropped.
    type Checkout: Checkout;

    /// Takes a connection out.
    ///
    /// # Errors
    /// When none could be had until the pool's deadline; [`Failure::of`](crate::Failure::of) tells why.
    fn checkout(lease: &Lease<Self>) -> impl Future<Output = Result<Self::Checkout, sqlx::Error>> + Send;
}

/// A connection that was taken out of a pool.
pub trait Checkout: Send + 'static {
    /// The connection and its state; `None` where it is not there any more.
    fn parts(&mut self) -> Option<Parts<'_>>;
}

/// A borrowed connection and its state.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The connection.
    pub connection: &'a mut PgConnection,
    /// What is to happen to it when it is dropped now.
    pub state: &'a mut ConnectionState,
}

/// What happens to a connection when it goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// It goes to the next request as it is.
    Clean,
    /// It is rolled back first, or closed: from the first byte of a statement until its last row was read, and as long as
    /// a transaction is open.
    Unclean,
    /// It is closed: its session does not recover.
    Unusable,
}

impl ConnectionState {
    /// After this error.
    pub(crate) fn after(error: &sqlx::Error) -> Self {
        if Failure::ends_session(error) {
            Self::Unusable
        } else {
            Self::Unclean
        }
    }
}
