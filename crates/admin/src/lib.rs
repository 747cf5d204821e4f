//! The admin plane: tenants and health, for operators and probes.
