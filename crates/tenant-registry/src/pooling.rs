//! Transaction pooling in front of PostgreSQL, told by what it breaks.

/// A pooler hands each transaction to another session, so that prepared statements of one client meet those of another
/// (SQLSTATE 42P05).
#[derive(Debug, thiserror::Error)]
#[error(
    "a pooler in transaction mode stands in front of PostgreSQL, where prepared statements of different clients \
     collide: connect to PostgreSQL itself, or use a pooler in session mode that passes start-up options on"
)]
pub struct TransactionPooling(#[source] sqlx::Error);

/// The same error; one that only a pooler in transaction mode causes says so.
pub fn explain_pooling(error: sqlx::Error) -> sqlx::Error {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    if code.as_deref() == Some("42P05") {
        sqlx::Error::Configuration(Box::new(TransactionPooling(error)))
    } else {
        error
    }
}
