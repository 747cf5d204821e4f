//! `tenantry examination …`

use clap::Subcommand;

/// What to do with examinations.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ExaminationCommand {
    /// Show the last one, and whether tenants are served.
    Show,
    /// Examine now. What is found stops nothing that serves; a service that waits for it begins when nothing is found.
    Run,
}
