//! `tenantry examination …`

use clap::Subcommand;

/// What to do with examinations.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ExaminationCommand {
    /// Show the last one, and whether tenants are served.
    Show,
    /// Examine now. Findings do not stop a service that serves; a service that does not serve yet begins when there is no
    /// error.
    Run,
}
