//! `tenantry openapi`

use cli::output;

use crate::args::Plane;
use crate::description;

/// Prints the description. Needs no configuration.
pub(super) fn run(plane: Plane) -> anyhow::Result<()> {
    output::write(description::text(plane))
}
