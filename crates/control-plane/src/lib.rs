//! Tenants: their store, roles, credentials and lifecycle.
