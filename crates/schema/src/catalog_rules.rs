//! Catalogue rules that migrations read back and the doctor asks.
//!
//! Each rule is a query; a row of its answer is a [`Violation`].

use sqlx::FromRow;

/// What [hardening](crate::harden_database) left open: privileges of PUBLIC, a missing guard against tenants' DDL,
/// a watchdog that may not signal.
pub const HARDENING_GAPS: &str = include_str!("sql/hardening_gaps.sql");

/// Attributes and memberships that fixed roles must not have.
pub const POWERFUL_ROLES: &str = include_str!("sql/powerful_roles.sql");

/// One violation of a rule.
#[derive(Debug, FromRow)]
pub struct Violation {
    /// The doctor's code for it.
    pub code: String,
    /// The table, function or role.
    pub object: String,
    /// What is wrong with it.
    pub wrong: String,
    /// The SQL that corrects it.
    pub remedy: Option<String>,
}
