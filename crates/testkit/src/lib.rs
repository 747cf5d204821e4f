//! Databases, tenants, a client and a network that breaks, for tests.
