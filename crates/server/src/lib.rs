//! The `tenantry` service: configuration, logs, lifecycle and command line.
