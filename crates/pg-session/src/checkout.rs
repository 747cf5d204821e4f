//! Checkout of a connection, and the state in which it is given back.

use sqlx::postgres::PgConnection;

use crate::Failure;

/// A connection checked out of a pool.
pub trait Checkout: Send + 'static {
    /// The connection and its state; `None` if the connection is gone.
    fn parts(&mut self) -> Option<Parts<'_>>;
}

/// A checked-out connection and its state.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The connection.
    pub connection: &'a mut PgConnection,
    /// What happens to the connection if it is given back now.
    pub state: &'a mut ConnectionState,
}

/// What happens to a connection when it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// The next request gets it as it is.
    Clean,
    /// It is rolled back before reuse, or closed: from the first byte of a statement until its last row was read, and
    /// while a transaction is open.
    Unclean,
    /// It is closed: the session cannot recover.
    Unusable,
}

impl ConnectionState {
    /// The state after this error.
    pub fn after(error: &sqlx::Error) -> Self {
        if Failure::ends_session(error) {
            Self::Unusable
        } else {
            Self::Unclean
        }
    }
}
