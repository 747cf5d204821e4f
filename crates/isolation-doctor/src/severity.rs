//! Severities of findings.

use serde::Serialize;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Tenants are not isolated, or that could not be verified. The examination fails.
    Error,
    /// Shown, and fails nothing.
    Warning,
}
