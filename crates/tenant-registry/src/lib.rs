//! A lock-free registry of per-tenant PostgreSQL connection pools.
