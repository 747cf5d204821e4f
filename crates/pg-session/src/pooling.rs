//! Detection of transaction poolers in front of PostgreSQL.

/// A transaction pooler mixes sessions, so that prepared statements of different clients collide (SQLSTATE 42P05).
#[derive(Debug, thiserror::Error)]
#[error(
    "a pooler in transaction mode is in front of PostgreSQL, and prepared statements of different clients collide: \
     connect to PostgreSQL directly, or use a pooler in session mode that passes start-up options on"
)]
pub struct TransactionPooling(#[source] sqlx::Error);

/// Wraps an error that only a transaction pooler causes in [`TransactionPooling`]; returns others unchanged.
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
