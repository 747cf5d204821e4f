//! The tenant plane: who is calling, the layer that resolves the tenant, and the resources.
