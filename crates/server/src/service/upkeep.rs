//! What goes on beside the requests: the tenants' changes are followed.

use api::TenantRegistry;
use control_plane::ControlPlane;
use tokio_util::sync::CancellationToken;

/// Starts it. Following the changes ends with the registry.
pub(super) fn start(
    registry: &TenantRegistry,
    control_plane: &ControlPlane,
    _warm_up: u32,
    _stopping: &CancellationToken,
) {
    registry.follow(control_plane.changes());
}
